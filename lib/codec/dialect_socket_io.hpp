#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/dialect.hpp"
#include "codec/json_parts.hpp"

namespace rt {

// Socket.IO 5 on Engine.IO 4 (Socket.IO's servers of version 3 and later), as a client of one
// namespace. A frame is one packet of Engine.IO: text, or the bytes of an attachment.
//
// Of an event that comes, the payload is its argument (a string's characters, any other as JSON),
// the JSON array of them where there are several, and nothing where there are none. Bytes are a
// binary message when they are the only argument, else text in base64. Who wants an
// acknowledgement gets an empty one.
//
// With `acks` what is sent asks for an acknowledgement. Its arguments, where it has some, come as a
// message, in the same way, whose event is "ack".
//
// What is sent goes as the only argument of its event: JSON as it is, other text as a string, what
// is not text as bytes. Without an event a JSON array whose first element is a string is the whole
// event, and anything else goes as "message".
class SocketIo final : public Dialect {
 public:
  explicit SocketIo(const DialectOptions& options);

  void receive(PayloadKind kind, std::string payload) override;
  Result<void> send(const Message& message, bool counted) override;
  void leave() override;
  std::optional<Error> explain_close(std::uint16_t code, std::string_view reason) const override;
  bool acknowledges() const override { return options_.acks; }

 private:
  // A packet whose attachments are still to come.
  struct Pending {
    std::string rest;  // of it, from the namespace on
    bool is_event = false;
    std::size_t wanted = 0;
    std::vector<std::string> attachments;
    std::size_t bytes = 0;
  };

  void open(std::string_view json);
  void take_packet(std::string_view packet);
  void take_attached(std::string_view rest, bool is_event);
  void take_attachment(std::string bytes);
  // The namespace is taken off; false: it is another one's.
  bool take_namespace(std::string_view& rest) const;
  void take_connect(std::string_view json);
  void take_refusal(std::string_view json);
  void take_event(std::string_view rest, const std::vector<std::string>& attachments);
  void take_ack(std::string_view rest, const std::vector<std::string>& attachments);
  // What is left of an array, as a message.
  void take_arguments(std::string event, JsonParts arguments,
                      const std::vector<std::string>& attachments);
  std::string packet(std::string_view type) const;

  const DialectOptions options_;
  bool opened_ = false;  // Engine.IO's handshake has come
  std::optional<Pending> pending_;
  std::uint64_t counted_ = 0;  // messages that have asked for an acknowledgement
};

}  // namespace rt
