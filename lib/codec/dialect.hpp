#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "model/dialect_name.hpp"
#include "model/message.hpp"

namespace rt {

// What a client says and wants in a dialect.
struct DialectOptions {
  DialectName name;
  std::string event;    // of messages to send that have none
  std::string joining;  // a JSON object that goes with the wish to join; empty: none
  std::string user;     // of STOMP's CONNECT
  std::string password;
  bool reads = true;  // what comes is wanted
  bool acks = false;  // Socket.IO: what is sent is acknowledged; STOMP: what comes is, by settle()
  bool ends = false;  // when all that was asked for is complete, there is nothing to wait for
  std::size_t most = 1u << 20;  // bytes of what comes as one message in several parts
};

// A message of the WebSocket, or of what takes its place.
struct DialectFrame {
  PayloadKind kind = PayloadKind::text;
  std::string payload;
  bool secret = false;  // it is not for a trace

  bool operator==(const DialectFrame&) const = default;
};

// One conversation in a dialect, from the first word of a connection to its last. It owns no
// connection and no clock. After every call there may be frames to send, in their order, messages
// for the user, and notes for people; and a fault, after which there is nothing more to do.
class Dialect {
 public:
  enum class State : std::uint8_t {
    opening,  // nothing can be sent yet
    joined,
    ended,  // by the other side, in good order
  };

  virtual ~Dialect() = default;
  Dialect(const Dialect&) = delete;
  Dialect& operator=(const Dialect&) = delete;

  // The connection stands.
  virtual void begin() {}
  virtual void receive(PayloadKind kind, std::string payload) = 0;
  // When joined. `counted`: acknowledged() will count it. Errors: usage, when the dialect cannot
  // carry it; then there are no frames of it.
  virtual Result<void> send(const Message& message, bool counted) = 0;
  // To be called every heartbeat(). `heard`: something has come since the last call, or may have,
  // for nobody listened.
  virtual void beat(bool /*heard*/) {}
  // The goodbye before the connection is closed by us.
  virtual void leave() {}
  // What the other side meant by its close, where that is something else than a WebSocket's codes
  // say. A fault that is not fatal: the connection was lost.
  virtual std::optional<Error> explain_close(std::uint16_t /*code*/,
                                             std::string_view /*reason*/) const {
    return std::nullopt;
  }
  // What is sent is acknowledged in time.
  virtual bool acknowledges() const { return false; }
  // Of the messages for the user, the one of that number, from 1 on, is dealt with: where they are
  // acknowledged it is now.
  virtual void settle(std::uint64_t /*number*/) {}
  // All that was asked for has been answered to the end, and something was.
  virtual bool complete() const { return false; }

  State state() const { return state_; }
  const std::optional<Error>& fault() const { return fault_; }
  // 0: none is due.
  Milliseconds heartbeat() const { return heartbeat_; }
  // When nothing comes for so long nobody is there. 0: that says nothing.
  Milliseconds patience() const { return patience_; }
  // The first so many of the counted messages.
  std::uint64_t acknowledged() const { return acknowledged_; }

  std::vector<DialectFrame> take_frames() { return std::exchange(frames_, {}); }
  std::vector<Message> take_messages() { return std::exchange(messages_, {}); }
  std::vector<std::string> take_notes() { return std::exchange(notes_, {}); }

 protected:
  Dialect() = default;

  void say(std::string text) { frames_.push_back({PayloadKind::text, std::move(text)}); }
  // What may have a password in it.
  void say_secret(std::string text) {
    frames_.push_back({PayloadKind::text, std::move(text), true});
  }
  void say_bytes(std::string bytes) { frames_.push_back({PayloadKind::binary, std::move(bytes)}); }
  void deliver(Message message) { messages_.push_back(std::move(message)); }
  void note(std::string text) { notes_.push_back(std::move(text)); }
  // The first one stays.
  void fail(Error why) {
    if (!fault_) fault_ = std::move(why);
  }
  // The other side does not speak the dialect: "the server's message is no ...".
  void fail_protocol(std::string_view what, std::string_view payload);
  // For explain_close(), where a server never means such a close.
  static std::optional<Error> closed_without_a_word(std::uint16_t code);
  void join() { state_ = State::joined; }
  void end() { state_ = State::ended; }
  void set_heartbeat(Milliseconds every) { heartbeat_ = every; }
  void set_patience(Milliseconds time) { patience_ = time; }
  // The counted message of that number, from 1, is acknowledged, perhaps before others.
  void acknowledge(std::uint64_t number);

 private:
  State state_ = State::opening;
  std::optional<Error> fault_;
  Milliseconds heartbeat_{};
  Milliseconds patience_{};
  std::uint64_t acknowledged_ = 0;
  std::set<std::uint64_t> ahead_;  // acknowledged before others
  std::vector<DialectFrame> frames_;
  std::vector<Message> messages_;
  std::vector<std::string> notes_;
};

// Whether what comes is acknowledged by settle().
bool settles(const DialectOptions& options);

// Not for DialectKind::none.
std::unique_ptr<Dialect> make_dialect(const DialectOptions& options);

// The subprotocols that it offers.
std::vector<std::string> subprotocols_of(DialectKind kind);
// Where it is spoken at a server whose address is `target` (path and query): Socket.IO's and
// Phoenix's paths and parameters, where the target does not say them.
enum class DialectCarrier : std::uint8_t { websocket, polling };
std::string dialect_target(DialectKind kind, std::string_view target,
                           DialectCarrier carrier = DialectCarrier::websocket);
// The channel that its place is: "/chat" for a namespace, "/room:lobby" for a topic.
std::string dialect_channel(const DialectName& name);
// Whether `joining` is what the dialect can say. Errors: usage.
Result<void> check_joining(const DialectOptions& options);

}  // namespace rt
