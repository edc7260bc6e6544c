#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/dialect.hpp"

namespace rt {

// A conversation as its transcript: what is sent as "> ", bytes as ">b ", what comes for the user
// as "event: payload", bytes as "event:b payload".
class Conversation {
 public:
  explicit Conversation(DialectOptions options) : dialect(make_dialect(options)) {}

  void begin() {
    dialect->begin();
    look();
  }
  void hear(std::string_view text) {
    dialect->receive(PayloadKind::text, std::string(text));
    look();
  }
  void hear_bytes(std::string_view bytes) {
    dialect->receive(PayloadKind::binary, std::string(bytes));
    look();
  }
  Result<void> send(std::string_view payload, std::string_view event = {}, bool binary = false) {
    Message message;
    message.payload = payload;
    message.event = event;
    if (binary) message.kind = PayloadKind::binary;
    return send(message);
  }
  Result<void> send(const Message& message, bool counted = true) {
    Result<void> sent = dialect->send(message, counted);
    look();
    return sent;
  }
  void beat(bool heard) {
    dialect->beat(heard);
    look();
  }
  void leave() {
    dialect->leave();
    look();
  }

  // What has been said since the last call.
  std::vector<std::string> said() { return std::exchange(said_, {}); }
  std::vector<Message> messages() { return std::exchange(messages_, {}); }
  std::string fault() const { return dialect->fault() ? dialect->fault()->text() : ""; }
  bool joined() const { return dialect->state() == Dialect::State::joined; }
  bool ended() const { return dialect->state() == Dialect::State::ended; }

  std::unique_ptr<Dialect> dialect;

 private:
  void look() {
    for (DialectFrame& frame : dialect->take_frames())
      said_.push_back((frame.kind == PayloadKind::text ? "> " : ">b ") + frame.payload);
    for (Message& message : dialect->take_messages()) {
      const bool text = message.kind == PayloadKind::text;
      said_.push_back(message.event + (text ? ": " : ":b ") + message.payload);
      messages_.push_back(std::move(message));
    }
    for (std::string& note : dialect->take_notes()) said_.push_back("! " + note);
  }

  std::vector<std::string> said_;
  std::vector<Message> messages_;
};

inline DialectOptions speaking(std::string_view name) {
  DialectOptions options;
  options.name = *DialectName::parse(name);
  return options;
}

using Said = std::vector<std::string>;

}  // namespace rt
