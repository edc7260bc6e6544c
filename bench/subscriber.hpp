#pragma once

// What one subscriber of a channel says and hears over its transport. Bytes in, messages and
// bytes to send out; it owns no socket. Malformed input throws std::runtime_error.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "wire_readers.hpp"

namespace rt::bench {

enum class Transport : std::uint8_t { event_stream, websocket, long_poll };

// Whose URLs and poll cursors to use: the hub's (the bare server has the same) or nchan's.
enum class Dialect : std::uint8_t { hub, nchan };

struct Protocol {
  Transport transport = Transport::event_stream;
  Dialect dialect = Dialect::hub;
};

// The first request of a subscriber, which asks for messages from now on. A long poll asks for
// those that are there already, so that the answer acknowledges it.
std::string opening_request(Protocol protocol);

class Subscriber {
 public:
  using OnMessage = std::function<void(std::string_view payload)>;

  // Takes what the server sent, calls `on_message` for each message that is now whole, and
  // appends to `reply` what has to be sent: the next poll, a pong.
  void receive(Protocol protocol, std::string_view bytes, const OnMessage& on_message,
               std::string& reply);

  // True once the server has accepted the subscription.
  bool accepted() const { return accepted_; }

 private:
  std::size_t read(Protocol protocol, std::string_view bytes, const OnMessage& on_message,
                   std::string& reply);
  std::size_t read_acceptance(Protocol protocol, std::string_view bytes);
  std::size_t read_answer(Protocol protocol, std::string_view bytes, const OnMessage& on_message,
                          std::string& reply);
  std::size_t read_chunks(std::string_view bytes, const OnMessage& on_message);

  bool accepted_ = false;
  bool chunked_ = false;
  std::string unread_;
  Dechunker dechunker_;
  std::string event_text_;
};

}  // namespace rt::bench
