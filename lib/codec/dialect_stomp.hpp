#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "codec/dialect.hpp"
#include "codec/stomp_frame.hpp"

namespace rt {

// STOMP 1.1 and 1.2, as a client of one destination, which it subscribes to when it reads.
//
// A message that comes has its body as payload, its destination as channel, its message-id as id,
// and as properties the headers that are not STOMP's own. One that is sent carries its content type
// and properties, and is acknowledged by a receipt. With `acks` the broker keeps what comes until
// settle().
class Stomp final : public Dialect {
 public:
  explicit Stomp(const DialectOptions& options);

  void begin() override;
  void receive(PayloadKind kind, std::string payload) override;
  Result<void> send(const Message& message, bool counted) override;
  void beat(bool heard) override;
  void leave() override;
  std::optional<Error> explain_close(std::uint16_t code, std::string_view reason) const override;
  bool acknowledges() const override { return true; }
  void settle(std::uint64_t number) override;

 private:
  // As text, where it is.
  void say_frame(const StompFrame& frame);
  void take(StompFrame frame);
  void take_connected(const StompFrame& frame);
  void take_receipt(const StompFrame& frame);
  void take_message(StompFrame frame);
  void take_error(const StompFrame& frame);
  void agree_on_beats(std::string_view theirs);

  const DialectOptions options_;
  StompReader reader_;
  bool connected_ = false;
  bool names_acks_ = false;  // messages say by which name they are acknowledged: 1.2
  std::uint64_t counted_ = 0;
  std::uint64_t delivered_ = 0;
  std::map<std::uint64_t, std::string> unsettled_;  // by number: what to call it
};

}  // namespace rt
