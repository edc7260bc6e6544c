#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/argument_messages.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http/engine_io.hpp"
#include "io/http/event_stream.hpp"
#include "io/http/poll.hpp"
#include "io/http/publisher.hpp"
#include "io/loop/source.hpp"
#include "io/mqtt/client.hpp"
#include "io/websocket/client.hpp"
#include "model/message.hpp"
#include "model/position.hpp"

namespace rt {

// Of what write() has taken.
struct Outstanding {
  Amount waiting;  // neither acknowledged nor refused by the other side yet
  Amount refused;
};

// A message that had been accepted, and was refused for itself later.
struct RefusedMessage {
  MessagePtr message;
  Error why;
};

// Whether a failure is about messages, and would come again with them.
enum class Refusal : std::uint8_t {
  none,   // it is about the connection, the other side or the user
  first,  // about the first message that is not accepted; of flush(): about some that are past
  some,   // about one or more of those that are not accepted
};

// How a connection has ended, or an attempt has failed, and what the other side wishes then.
struct Ending {
  bool for_good = false;              // the other side meant it (a WebSocket's 1000)
  std::optional<Error> refusal = {};  // why another attempt would end the same way, if it said so
  std::string how = {};               // for people: " (1011 reason)", or nothing
  std::optional<std::uint16_t> code = {};              // a WebSocket's, 1005 and 1006 among them
  std::string reason = {};                             // beside it
  std::optional<Milliseconds> wish = {};               // how long it wants to be left alone
  std::optional<Milliseconds> reconnection_time = {};  // the first delay that it asks for (SSE)
  bool acknowledged = true;  // what was written was known to have arrived when flush() completed
  bool unproven = false;     // something was written on it that may not have arrived
  std::string_view way_to_acknowledge = {};  // for people, when it was not: what would make it so
};

// What one transport has to another machine, and can lose and open again. It resumes by itself
// where the other side can: by cursor, last event ID, or the number of what was accepted.
class Connection {
 public:
  virtual ~Connection() = default;

  virtual asio::awaitable<Result<void>> open() { co_return Result<void>(); }
  virtual bool is_open() const { return true; }
  // The other side has been there at least once.
  virtual bool established() const = 0;
  // What there has not been, then; for people.
  virtual std::string_view missing() const { return "no connection"; }
  // For a connection without an open() of its own: called at each answer that is none of failure.
  virtual void on_alive(const std::function<void()>& /*alive*/) {}
  // Asks for a sign of life and calls with the time that it takes. False: it cannot, or not now.
  virtual bool ping(const std::function<void(Milliseconds)>& /*answered*/) { return false; }
  // What the goodbye says, where it says anything.
  virtual void close_with(std::uint16_t /*code*/) {}
  // The other side has said that it is an rtwire hub.
  virtual bool at_hub() const { return false; }
  // At a hub: the cursor that it is asked by is made of the last id so, from now on.
  virtual void ask_by(const std::function<std::string(std::string_view id)>& /*cursor*/) {}
  // The goodbye; `hurried`: the peer is waited for only briefly.
  virtual asio::awaitable<void> close(bool /*hurried*/) { co_return; }
  // After an end or a failure; after close(), a refusal is of what had been sent.
  virtual Ending ending() const = 0;

  // A batch of at least one message; empty: the other side ended the connection.
  virtual asio::awaitable<Result<Batch>> read();
  // Where another run would go on after this message of the batch that was read last, and after all
  // of it; nullopt: nowhere.
  virtual std::optional<Position> position_after(const Message& /*message*/,
                                                 bool /*is_last*/) const {
    return std::nullopt;
  }
  virtual std::optional<Position> position() const { return std::nullopt; }
  // Ends the connection for this reason: a read() under way gives what has come, and then it.
  virtual void break_off(const Error& /*why*/) {}
  virtual bool commits() const { return false; }  // as of a Source
  virtual void commit(std::size_t /*left*/) {}

  // What is accepted is taken off the front of `rest`; after an error the others are to be written
  // again.
  virtual asio::awaitable<Result<void>> write(Messages& rest);
  virtual asio::awaitable<Result<void>> flush() { co_return Result<void>(); }
  // As of a Sink; an error is what flush() would give.
  virtual std::optional<SinkProgress> progress() const { return std::nullopt; }
  virtual asio::awaitable<Result<void>> settle(std::uint64_t /*number*/) { return flush(); }
  virtual Outstanding outstanding() const { return {}; }
  // Of what had been taken: what was refused for itself since the last call, and is not told by
  // an error any more.
  virtual std::vector<RefusedMessage> take_refused() { return {}; }
  // What the error of the last write() or flush() is about.
  virtual Refusal refusal(const Error& /*error*/) const { return Refusal::none; }
};

// Null: it is not known any more which was refused, only why.
using OnSkipped = std::function<void(const MessagePtr&, const Error&)>;

// Writes; what cannot be carried, or the other side refuses for itself, is passed over, so that one
// message is not the end of all. It counts as accepted: it does not come again.
asio::awaitable<Result<void>> write_skipping(Connection& connection, Messages& rest,
                                             const OnSkipped& on_skipped);

class SseConnection final : public Connection {
 public:
  // With arguments: they are the body of the request, joined by "&", and read at the first open().
  SseConnection(Reactor& reactor, HttpClient& client, SseOptions options,
                std::vector<Argument> body)
      : reactor_(reactor), source_(client, std::move(options)), body_(std::move(body)) {}
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return source_.connected(); }
  bool established() const override { return established_; }
  bool at_hub() const override { return source_.at_hub(); }
  void ask_by(const std::function<std::string(std::string_view id)>& cursor) override {
    source_.ask_by(cursor);
  }
  asio::awaitable<Result<Batch>> read() override;
  std::optional<Position> position_after(const Message& message, bool is_last) const override;
  Ending ending() const override;

 private:
  Reactor& reactor_;
  SseSource source_;
  std::vector<Argument> body_;
  bool ended_well_ = false;
  bool established_ = false;
};

class PollConnection final : public Connection {
 public:
  // With arguments: as of SseConnection.
  PollConnection(Reactor& reactor, HttpClient& client, PollOptions options,
                 std::vector<Argument> body)
      : reactor_(reactor), source_(reactor, client, std::move(options)), body_(std::move(body)) {}
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return body_.empty(); }
  bool established() const override { return source_.connected(); }
  void on_alive(const std::function<void()>& alive) override { source_.on_answer(alive); }
  bool at_hub() const override { return source_.at_hub(); }
  void ask_by(const std::function<std::string(std::string_view id)>& cursor) override {
    source_.ask_by(cursor);
  }
  std::string_view missing() const override { return "no whole answer"; }
  asio::awaitable<Result<Batch>> read() override { return source_.read(); }
  std::optional<Position> position_after(const Message& message, bool is_last) const override;
  std::optional<Position> position() const override { return source_.position(); }
  Ending ending() const override { return {.wish = source_.retry_after()}; }

 private:
  Reactor& reactor_;
  PollSource source_;
  std::vector<Argument> body_;
};

class PublishConnection final : public Connection {
 public:
  // `of_topic`: the URL is that of one topic of many.
  PublishConnection(HttpClient& client, PublishOptions options, bool of_topic = false)
      : of_topic_(of_topic), sink_(client, std::move(options)) {}
  bool established() const override { return established_; }
  asio::awaitable<Result<void>> write(Messages& rest) override;
  Ending ending() const override { return {.wish = sink_.retry_after()}; }
  // 400, 413, 415, 422, 431: a POST of another message may be taken. So it is with 500 when that
  // was the answer to one message again and again: but of one message at a time, as a server that
  // is ill gives it to all. Where the URL is of a topic, what is wrong with that one (403, 404,
  // 405, 409, 410) is wrong with its messages.
  Refusal refusal(const Error& error) const override;
  bool at_hub() const override { return sink_.at_hub(); }

 private:
  static constexpr unsigned kTries = 5;

  void count_failure(const Messages& rest, const Result<void>& result);

  bool of_topic_;
  HttpSink sink_;
  bool established_ = false;
  MessagePtr failing_;        // the last that was answered with 500
  unsigned failures_ = 0;     // of it, in a row
  bool passed_over_ = false;  // one was, and nothing has been accepted since
};

// Socket.IO by polling: both ways.
class EngineIoConnection final : public Connection {
 public:
  EngineIoConnection(Reactor& reactor, HttpOptions http, EngineIoOptions options)
      : client_(reactor, std::move(http), std::move(options)) {}
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return client_.connected(); }
  bool established() const override { return established_; }
  asio::awaitable<Result<Batch>> read() override { return client_.read(); }
  void break_off(const Error& why) override { client_.break_off(why); }
  asio::awaitable<Result<void>> write(Messages& rest) override { return client_.write(rest); }
  asio::awaitable<void> close(bool hurried) override;
  Ending ending() const override {
    return {.for_good = client_.ended_in_good_order(), .wish = client_.retry_after()};
  }
  Refusal refusal(const Error& error) const override {
    return error.fault() == Fault::usage ? Refusal::first : Refusal::none;
  }

 private:
  EngineIoClient client_;
  bool established_ = false;
};

class WsConnection final : public Connection {
 public:
  WsConnection(Reactor& reactor, WsClientOptions options)
      : hub_(options.hub),
        has_opening_(!options.conversation.opening.empty() || options.dialect),
        way_to_acknowledge_(way_to_acknowledge(options)),
        final_codes_(options.final_codes),
        client_(reactor, std::move(options)) {}
  // From now on a close with 1009 is not the end: on the next connection what is as long as the
  // longest message of the last one is not sent. Called for what that costs, where it is known
  // only then.
  void skip_too_long(std::function<void(const Error&)> on_skipped) {
    on_too_long_ = std::move(on_skipped);
  }
  // From now on it is called, once, at a connection after one on which something was written that
  // a server may have taken for a subscription.
  void on_subscription_lost(std::function<void()> tell) { on_subscription_lost_ = std::move(tell); }
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return client_.connected(); }
  bool established() const override { return established_; }
  bool ping(const std::function<void(Milliseconds)>& answered) override {
    return client_.ping(answered);
  }
  void close_with(std::uint16_t code) override { close_code_ = code; }
  bool at_hub() const override { return client_.at_hub() || client_.met_hub(); }
  void ask_by(const std::function<std::string(std::string_view id)>& cursor) override {
    client_.ask_by(cursor);
  }
  asio::awaitable<Result<Batch>> read() override { return client_.read(); }
  bool commits() const override { return client_.commits(); }
  void commit(std::size_t left) override { client_.commit(left); }
  void break_off(const Error& why) override { client_.break_off(why); }
  asio::awaitable<Result<void>> write(Messages& rest) override;
  std::optional<Position> position_after(const Message& message, bool is_last) const override;
  Outstanding outstanding() const override { return {client_.unacknowledged(), {}}; }
  asio::awaitable<Result<void>> flush() override { return client_.flush(); }
  asio::awaitable<void> close(bool hurried) override;
  Ending ending() const override;
  bool said_goodbye() const { return said_goodbye_; }
  // At a hub, and the user has not said so.
  bool hub_unasked() const { return !hub_ && client_.met_hub(); }
  Refusal refusal(const Error& error) const override {
    return error.fault() == Fault::usage ? Refusal::first : Refusal::none;
  }

 private:
  static std::string_view way_to_acknowledge(const WsClientOptions& options);
  std::optional<Error> final_refusal() const;
  bool was_too_long() const {
    return on_too_long_ && client_.closed_by_peer() && client_.close_code() == 1009 &&
           (client_.acknowledges() || longest_ > 0);
  }
  void learn_limit();
  Error why_not_opened(const Error& why) const;
  std::string closed_text() const;

  bool hub_;  // the user says so
  bool has_opening_;
  std::string_view way_to_acknowledge_;  // for people
  CloseCodes final_codes_;
  WsClient client_;
  bool established_ = false;
  std::function<void(const Error&)> on_too_long_;
  std::function<void()> on_subscription_lost_;
  bool has_written_ = false;
  bool said_goodbye_ = false;
  std::uint16_t close_code_ = 1000;
  std::size_t longest_ = 0;                                         // payload of this connection
  std::size_t too_long_ = std::numeric_limits<std::size_t>::max();  // the peer has said so
  bool write_failed_ = false;
};

class MqttConnection final : public Connection {
 public:
  MqttConnection(Reactor& reactor, MqttClientOptions options)
      : qos_(options.qos),
        one_topic_(!options.topic.empty()),
        client_(reactor, std::move(options)) {}
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return client_.connected(); }
  bool established() const override { return established_; }
  asio::awaitable<Result<Batch>> read() override { return client_.read(); }
  void break_off(const Error& why) override { client_.break_off(why); }
  void commit(std::size_t left) override { client_.commit(left); }
  bool commits() const override { return qos_ > 0; }
  asio::awaitable<Result<void>> write(Messages& rest) override { return client_.write(rest); }
  Outstanding outstanding() const override { return {client_.unacknowledged(), client_.refused()}; }
  asio::awaitable<Result<void>> flush() override { return client_.flush(); }
  std::optional<SinkProgress> progress() const override {
    if (qos_ == 0) return std::nullopt;
    return SinkProgress{client_.published(), client_.settled()};
  }
  asio::awaitable<Result<void>> settle(std::uint64_t number) override {
    return client_.settle(number);
  }
  asio::awaitable<void> close(bool hurried) override;
  Ending ending() const override {
    return {.refusal = client_.final_refusal(),
            .how = client_.how_it_ended(),
            .acknowledged = qos_ > 0,
            .way_to_acknowledge = "a broker acknowledges: --qos 1"};
  }
  // What MQTT or this broker cannot carry, and PUBACK's reasons that are about one message: topic
  // name invalid, packet too large, payload format invalid; and not authorised, where each message
  // has a topic of its own.
  Refusal refusal(const Error& error) const override;
  std::vector<RefusedMessage> take_refused() override;

 private:
  bool is_of_message(int reason) const;

  std::uint8_t qos_;
  bool one_topic_;
  MqttClient client_;
  bool established_ = false;
};

}  // namespace rt
