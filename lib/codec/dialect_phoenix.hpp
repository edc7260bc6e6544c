#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "codec/dialect.hpp"

namespace rt {

// Phoenix channels, serializer 2.0.0, as a client of one topic.
//
// Of a push or broadcast that comes the payload is its JSON (a string's characters), or its bytes;
// a reply to what was sent comes as the event "phx_reply". What is sent needs an event: the
// message's own, the usual one, or it is a JSON array of an event and a payload.
class Phoenix final : public Dialect {
 public:
  explicit Phoenix(const DialectOptions& options);

  void begin() override;
  void receive(PayloadKind kind, std::string payload) override;
  Result<void> send(const Message& message, bool counted) override;
  void beat(bool heard) override;
  void leave() override;

 private:
  struct Push {
    std::string join_ref;
    std::string ref;
    std::string topic;
    std::string event;
    std::string_view payload;
    bool binary = false;
  };

  bool read_text(std::string_view json, Push& push) const;
  bool read_bytes(std::string_view bytes, Push& push) const;
  void take(const Push& push);
  void take_reply(const Push& push);
  void say_push(std::string_view join_ref, std::string_view ref, std::string_view topic,
                std::string_view event, std::string_view json);
  std::string next_ref() { return std::to_string(++ref_); }

  const DialectOptions options_;
  std::uint64_t ref_ = 1;  // 1 is the join's
  std::string beating_;    // the ref of a heartbeat that is not answered
};

}  // namespace rt
