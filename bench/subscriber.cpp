#include "subscriber.hpp"

#include <stdexcept>

namespace rt::bench {

namespace {

// The key and its answer from RFC 6455, section 1.3.
constexpr std::string_view kWebSocketKey = "dGhlIHNhbXBsZSBub25jZQ==";
constexpr std::string_view kWebSocketAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

std::string get(std::string_view target, std::string_view fields) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string(fields) +
         "\r\n";
}

std::string cursor(const Response& response, std::string_view name) {
  const auto value = header(response.head, name);
  if (!value) throw std::runtime_error("an answer without a cursor: " + std::string(response.head));
  return std::string(*value);
}

std::string next_poll(Dialect dialect, const Response& response) {
  if (dialect == Dialect::nchan) {
    return get("/bench-poll", "If-None-Match: " + cursor(response, "etag") +
                                  "\r\nIf-Modified-Since: " + cursor(response, "last-modified") +
                                  "\r\n");
  }
  return get("/bench?since=" + cursor(response, "rt-next") + "&wait=60", "");
}

}  // namespace

std::string opening_request(Protocol protocol) {
  switch (protocol.transport) {
    case Transport::event_stream:
      return get("/bench", "Accept: text/event-stream\r\n");
    case Transport::websocket:
      return get("/bench",
                 "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: " +
                     std::string(kWebSocketKey) + "\r\n");
    case Transport::long_poll:
      return get(protocol.dialect == Dialect::nchan ? "/bench-poll" : "/bench?since=&wait=60", "");
  }
  return {};
}

void Subscriber::receive(Protocol protocol, std::string_view bytes, const OnMessage& on_message,
                         std::string& reply) {
  // Nearly always what arrives is whole, and then it is read where it lies.
  if (unread_.empty()) {
    const auto used = read(protocol, bytes, on_message, reply);
    if (used < bytes.size()) unread_ = bytes.substr(used);
    return;
  }
  unread_ += bytes;
  unread_.erase(0, read(protocol, unread_, on_message, reply));
}

std::size_t Subscriber::read(Protocol protocol, std::string_view bytes, const OnMessage& on_message,
                             std::string& reply) {
  std::size_t used = 0;
  if (protocol.transport == Transport::long_poll) {
    while (const auto size = read_answer(protocol, bytes.substr(used), on_message, reply)) {
      used += size;
    }
    return used;
  }
  if (!accepted_) {
    used = read_acceptance(protocol, bytes);
    if (!accepted_) return 0;
    bytes.remove_prefix(used);
  }
  if (protocol.transport == Transport::websocket) {
    return used + read_frames(bytes, [&](Opcode opcode, std::string_view payload) {
             if (opcode == Opcode::text || opcode == Opcode::binary) return on_message(payload);
             if (opcode != Opcode::ping) throw std::runtime_error("the server closed a WebSocket");
             // A mask of zeros leaves the payload as it is.
             const char head[] = {'\x8a', static_cast<char>(0x80 | payload.size()), 0, 0, 0, 0};
             reply.append(head, sizeof head).append(payload);
           });
  }
  return used + (chunked_ ? read_chunks(bytes, on_message) : read_events(bytes, on_message));
}

std::size_t Subscriber::read_acceptance(Protocol protocol, std::string_view bytes) {
  const auto head = response_head(bytes);
  if (head.empty()) return 0;
  const auto websocket = protocol.transport == Transport::websocket;
  if (response_status(head) != (websocket ? 101 : 200) ||
      (websocket && header(head, "sec-websocket-accept") != kWebSocketAccept)) {
    throw std::runtime_error("the server refused a subscriber: " + std::string(head));
  }
  chunked_ = header(head, "transfer-encoding") == "chunked";
  accepted_ = true;
  return head.size();
}

std::size_t Subscriber::read_chunks(std::string_view bytes, const OnMessage& on_message) {
  const auto used = dechunker_.receive(bytes, event_text_);
  event_text_.erase(0, read_events(event_text_, on_message));
  return used;
}

std::size_t Subscriber::read_answer(Protocol protocol, std::string_view bytes,
                                    const OnMessage& on_message, std::string& reply) {
  const auto response = read_response(bytes);
  if (!response) return 0;
  if (response->status != 200) {
    throw std::runtime_error("a poll was refused: " + std::string(response->head));
  }
  if (protocol.dialect == Dialect::nchan) {
    on_message(response->body);
  } else {
    read_envelopes(response->body, on_message);
  }
  reply += next_poll(protocol.dialect, *response);
  accepted_ = true;
  return response->size();
}

}  // namespace rt::bench
