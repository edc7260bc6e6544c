#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/http1.hpp"
#include "codec/sse.hpp"
#include "codec/ws_frame.hpp"
#include "codec/ws_handshake.hpp"
#include "engine/memory_log.hpp"
#include "io/hub/service.hpp"
#include "unit/io/loop.hpp"

namespace rt::test {

inline constexpr std::uint64_t kHubEpoch = 0xABCDEF0123;

// The id of the hub's n-th message.
inline std::string id_text(std::uint64_t sequence) {
  return to_string(MessageId{kHubEpoch, sequence});
}

// A WebSocket in memory. It takes whatever it is given, however much, but nothing more until the
// peer has read that.
class FakeSocket final : public WebSocket {
 public:
  bool write(std::string_view frames) override {
    if (closed_with != 0) return true;
    if (full) return false;
    out += frames;
    writes.push_back(frames.size());
    full = stalled;
    return true;
  }
  void close(std::uint16_t code, std::string_view reason) override {
    if (closed_with != 0) return;
    closed_with = code;
    close_reason = reason;
  }
  void cut() override { closed_with = 1006; }
  void pause_reading(bool pause) override { paused = pause; }
  bool compresses() const override { return compressed; }
  WebSocketEnd end() const override {
    return closed_with == 0 ? peer_end : WebSocketEnd{false, closed_with, close_reason};
  }

  struct Frame {
    ws::Opcode opcode;
    std::string payload;
  };
  // The messages that have come, put together from their frames.
  std::vector<Frame> messages() const {
    std::vector<Frame> all;
    std::string_view rest = out;
    while (!rest.empty()) {
      const std::size_t length = ws::frame_length(rest);
      REQUIRE(length > 0);
      REQUIRE(length <= rest.size());
      const auto first = static_cast<unsigned char>(rest[0]);
      const auto short_length = static_cast<unsigned char>(rest[1]);
      const std::size_t head = short_length < 126 ? 2 : short_length == 126 ? 4 : 10;
      const auto opcode = static_cast<ws::Opcode>(first & 15);
      if (opcode == ws::Opcode::continuation) {
        REQUIRE_FALSE(all.empty());
        all.back().payload += rest.substr(head, length - head);
      } else {
        all.push_back({opcode, std::string(rest.substr(head, length - head))});
      }
      rest.remove_prefix(length);
    }
    return all;
  }
  std::vector<std::string> payloads() const {
    std::vector<std::string> all;
    for (Frame& frame : messages()) all.push_back(std::move(frame.payload));
    return all;
  }

  std::string out;
  std::vector<std::size_t> writes;
  bool stalled = false;  // the peer reads nothing by itself
  bool full = false;
  bool paused = false;
  WebSocketEnd peer_end;
  bool compressed = false;
  std::uint16_t closed_with = 0;
  std::string close_reason;
};

// A request, and whatever becomes of it, without a network.
class FakeExchange final : public Exchange {
 public:
  explicit FakeExchange(std::string text, Identity identity = {})
      : text_(std::make_unique<std::string>(std::move(text))), identity_(std::move(identity)) {
    decoder_.emplace(limits_);
    decoder_->receive(*text_, request_);
    REQUIRE_MESSAGE(decoder_->state() == http1::RequestDecoder::State::complete, *text_);
    request_.websocket = ws::wish_of(request_);
  }

  // The request is valid until handle() returns, and no longer.
  void forget_request() {
    request_ = {};
    decoder_.reset();
    text_.reset();
  }

  const http::Request& request() const override {
    REQUIRE(text_ != nullptr);
    return request_;
  }
  std::string take_body() override { return decoder_->take_body(request_); }
  const Identity& identity() const override { return identity_; }

  void respond(const Response& answer) override {
    CHECK((state == State::open || state == State::held));
    state = State::answered;
    response = answer;
    listener = nullptr;
  }
  void hold(ExchangeListener& who) override {
    CHECK((state == State::open || state == State::held));
    state = State::held;
    listener = &who;
  }
  bool keep(std::size_t bytes) override {
    CHECK(state == State::held);
    kept = bytes;
    most_kept = std::max(most_kept, bytes);
    return bytes <= may_keep;
  }
  void open_stream(const http::Fields& stream_fields, ExchangeListener& who) override {
    CHECK(state == State::open);
    state = State::streaming;
    response.status = 200;
    response.fields = stream_fields;
    listener = &who;
  }
  std::size_t write(std::string_view bytes) override {
    CHECK(state == State::streaming);
    const std::size_t taken = std::min(bytes.size(), room);
    out += bytes.substr(0, taken);
    writes.push_back(taken);
    if (room != kNoLimit) room -= taken;
    return taken;
  }
  bool open_body(const http::Fields& fields, ExchangeListener& who) override {
    CHECK((state == State::open || state == State::held));
    state = State::streaming;
    in_pieces = true;
    response.status = 200;
    response.fields = fields;
    listener = &who;
    return true;
  }
  bool write_body(std::string_view bytes) override {
    CHECK(state == State::streaming);
    response.body += bytes;
    writes.push_back(bytes.size());
    return room == kNoLimit;
  }
  void cut() override {
    CHECK(state == State::streaming);
    state = State::ended;
    listener = nullptr;
  }
  void end_stream() override {
    CHECK(state == State::streaming);
    state = in_pieces ? State::answered : State::ended;
    listener = nullptr;
  }
  void open_websocket(std::string_view chosen, WebSocketListener& who) override {
    CHECK(state == State::open);
    state = State::upgraded;
    subprotocol = chosen;
    ws_listener = &who;
  }

  // The peer leaves.
  void leave() {
    if (ws_listener != nullptr) return std::exchange(ws_listener, nullptr)->on_gone();
    if (listener != nullptr) return std::exchange(listener, nullptr)->on_gone();
  }
  void writable(std::size_t new_room = kNoLimit) {
    room = new_room;
    listener->on_writable();
  }
  // A message of the peer's.
  void receive(PayloadKind kind, std::string_view payload) {
    ws_listener->on_message(kind, ws::Payload(payload));
  }
  void socket_writable() {
    socket.full = false;
    ws_listener->on_writable();
  }

  // The value of a field of the answer; nullopt when it is not there.
  std::optional<std::string> field(std::string_view name) const {
    const auto value = response.fields.find(name);
    return value ? std::optional(std::string(*value)) : std::nullopt;
  }
  // The fields of the answer as HTTP/1.1 sends them.
  std::string head() const {
    std::string text;
    http1::append_fields(text, response.fields);
    return text;
  }
  std::vector<sse::Event> events() const {
    sse::Decoder decoder;
    REQUIRE(decoder.receive(out).ok());
    std::vector<sse::Event> all;
    while (auto event = decoder.next()) all.push_back(std::move(*event));
    return all;
  }
  std::vector<std::string> event_data() const {
    std::vector<std::string> all;
    for (sse::Event& event : events()) all.push_back(std::move(event.data));
    return all;
  }

  enum class State { open, held, streaming, answered, ended, upgraded };
  static constexpr std::size_t kNoLimit = ~std::size_t{0};

  State state = State::open;
  bool in_pieces = false;  // the answer came so
  std::size_t kept = 0;
  std::size_t most_kept = 0;
  std::size_t may_keep = kNoLimit;
  Response response;
  std::string out;  // of a stream
  std::vector<std::size_t> writes;
  std::size_t room = kNoLimit;
  ExchangeListener* listener = nullptr;
  std::string subprotocol;
  WebSocketListener* ws_listener = nullptr;
  FakeSocket socket;

 private:
  std::unique_ptr<std::string> text_;
  Identity identity_;
  http1::Limits limits_;
  http1::Request request_;
  std::optional<http1::RequestDecoder> decoder_;
};

struct Published final : AppendListener {
  void on_appended(const Result<MessageId>& first) override { id = first; }
  std::optional<Result<MessageId>> id;
};

// What clients publish, as an output in this process sees it.
class OutputReader final : public Follower {
 public:
  OutputReader(HubService& service, std::function<void(const Message&, const MessageId&)> print,
               std::string channel = {})
      : service_(service), cursor_(service.hub(), {nullptr, channel}), print_(std::move(print)) {
    service_.news().add(*this);
  }
  ~OutputReader() { service_.news().remove(*this); }
  void on_news() override {
    while (const Entry* const entry = cursor_.next())
      print_(*entry->message, service_.hub().id_of(*entry));
  }

 private:
  HubService& service_;
  HubCursor cursor_;
  std::function<void(const Message&, const MessageId&)> print_;
};

// A hub on a log, and those who speak with it.
template <class AnyLog>
class HubOn {
 public:
  template <class... Args>
  explicit HubOn(HubLimits limits, HubServiceOptions options, Args&&... log_args)
      : deadlines(reactor),
        log(std::forward<Args>(log_args)...),
        hub(limits, log.start()),
        service(reactor, deadlines, hub, log, options) {}

  // The request line and fields, each ended by "\n"; Host is added unless there is one.
  FakeExchange& request(std::string_view head, std::string_view body = {}, Identity identity = {}) {
    std::string text;
    std::string_view rest = head;
    bool first = true;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      text += std::string(rest.substr(0, end)) + (first ? " HTTP/1.1\r\n" : "\r\n");
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      first = false;
    }
    if (head.find("Host:") == std::string_view::npos) text += "Host: localhost:8080\r\n";
    const bool publishes = head.starts_with("POST") || head.starts_with("PUT");
    if (publishes && head.find("Content-Length") == std::string_view::npos)
      text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    text += "\r\n" + std::string(body);
    exchanges.push_back(std::make_unique<FakeExchange>(std::move(text), std::move(identity)));
    FakeExchange& exchange = *exchanges.back();
    exchange.may_keep = may_keep;
    service.handle(exchange);
    exchange.forget_request();
    CHECK(exchange.state != FakeExchange::State::open);
    return exchange;
  }
  FakeExchange& get(const std::string& target, std::string_view fields = {}) {
    return request("GET " + target + "\n" + std::string(fields));
  }
  FakeExchange& post(const std::string& target, std::string_view body,
                     std::string_view fields = {}) {
    return request("POST " + target + "\n" + std::string(fields), body);
  }
  FakeExchange& stream(const std::string& target, std::string_view fields = {}) {
    FakeExchange& exchange = get(target, "Accept: text/event-stream\n" + std::string(fields));
    CHECK(exchange.state == FakeExchange::State::streaming);
    return exchange;
  }
  FakeExchange& websocket(const std::string& target, std::string_view fields = {}) {
    FakeExchange& exchange = upgrade(target, fields);
    CHECK(exchange.state == FakeExchange::State::upgraded);
    if (exchange.ws_listener != nullptr) exchange.ws_listener->on_open(exchange.socket);
    return exchange;
  }
  FakeExchange& upgrade(const std::string& target, std::string_view fields = {}) {
    return get(target,
               "Connection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Version: 13\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n" +
                   std::string(fields));
  }

  // From this side of the hub.
  MessageId publish(std::string_view channel, std::string payload) {
    Message message;
    message.payload = std::move(payload);
    Published published;
    Record record{channel, Publisher::for_channel(channel, std::move(message), wall_now())};
    REQUIRE_FALSE(service.publisher().append({&record, 1}, published));
    REQUIRE(published.id);
    REQUIRE(published.id->ok());
    return **published.id;
  }
  // The end of this turn of the loop.
  void turn() { run_ready(reactor); }

  std::size_t may_keep = FakeExchange::kNoLimit;  // of the exchanges to come
  Reactor reactor;
  Deadlines deadlines;
  AnyLog log;
  Hub hub;
  std::vector<std::unique_ptr<FakeExchange>> exchanges;
  HubService service;
};

class HubFixture : public HubOn<MemoryLog> {
 public:
  explicit HubFixture(HubLimits limits = {}, HubServiceOptions options = {})
      : HubOn(limits, std::move(options), kHubEpoch) {}
};

inline std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i <= to; ++i) all.push_back(std::to_string(i));
  return all;
}

}  // namespace rt::test
