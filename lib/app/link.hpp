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

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http/event_stream.hpp"
#include "io/http/poll.hpp"
#include "io/http/publisher.hpp"
#include "io/mqtt/client.hpp"
#include "io/websocket/client.hpp"
#include "model/message.hpp"

namespace rt {

// Of what write() has taken.
struct Outstanding {
  Amount waiting;  // neither acknowledged nor refused by the other side yet
  Amount refused;
};

// Whether a failure is about messages, and would come again with them.
enum class Refusal : std::uint8_t {
  none,   // it is about the connection, the other side or the user
  first,  // about the first message that is not accepted; of flush(): about some that are past
  some,   // about one or more of those that are not accepted
};

// No message: those that were refused are not known any more, only why.
using OnSkipped = std::function<void(const Message*, const Error&)>;

// One end of a transport that can be lost and opened again. It resumes by itself where the other
// side can: by cursor, last event ID, or the count of what was accepted.
class Link {
 public:
  virtual ~Link() = default;

  virtual asio::awaitable<Result<void>> open() { co_return Result<void>(); }
  virtual bool is_open() const { return true; }
  // The other side has been there at least once.
  virtual bool established() const = 0;

  // A batch of at least one message; empty: the other side ended the connection.
  virtual asio::awaitable<Result<Batch>> read();
  // Everything that was read, but for the last `left` messages, is safe where it went to. Only a
  // link that commits() waits for it.
  virtual void commit(std::size_t /*left*/ = 0) {}
  virtual bool commits() const { return false; }
  // What is accepted is taken off the front of `rest`; after an error the others are to be written
  // again.
  virtual asio::awaitable<Result<void>> write(Messages& rest);
  virtual Outstanding outstanding() const { return {}; }
  virtual asio::awaitable<Result<void>> flush() { co_return Result<void>(); }
  virtual asio::awaitable<void> close() { co_return; }
  // The end was asked for: from now on close() waits for the peer only briefly.
  virtual void hurry() {}
  // After close(): how the peer refused what had been sent, if that was its last word.
  virtual std::optional<Error> parting_refusal() const { return std::nullopt; }

  // After an end: the other side meant it (a WebSocket's 1000).
  virtual bool ended_for_good() const { return false; }
  // After an end: why another attempt would end the same way, if the other side said so.
  virtual std::optional<Error> final_refusal() const { return std::nullopt; }
  // What is written is known to have arrived when flush() completes.
  virtual bool acknowledged() const { return true; }
  // For people, when it is not: what would make it so.
  virtual std::string_view way_to_acknowledge() const { return {}; }
  // What the error of the last write() or flush() is about.
  virtual Refusal refusal(const Error& /*error*/) const { return Refusal::none; }
  // For people: " (1011 reason)", or nothing.
  virtual std::string how_it_ended() const { return {}; }
  // How long the other side wants to be left alone, if it said so.
  virtual std::optional<Milliseconds> wish() const { return std::nullopt; }
  // The first delay of reconnections that the other side asks for (SSE's retry field).
  virtual std::optional<Milliseconds> reconnection_time() const { return std::nullopt; }
};

class SseLink final : public Link {
 public:
  SseLink(HttpClient& client, SseOptions options) : source_(client, std::move(options)) {}
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return source_.connected(); }
  bool established() const override { return established_; }
  asio::awaitable<Result<Batch>> read() override { return source_.read(); }
  std::optional<Milliseconds> wish() const override { return source_.retry_after(); }
  std::optional<Milliseconds> reconnection_time() const override {
    return source_.reconnection_time();
  }

 private:
  SseSource source_;
  bool established_ = false;
};

class PollLink final : public Link {
 public:
  PollLink(Reactor& reactor, HttpClient& client, PollOptions options)
      : source_(reactor, client, std::move(options)) {}
  bool established() const override { return source_.connected(); }
  asio::awaitable<Result<Batch>> read() override { return source_.read(); }
  std::optional<Milliseconds> wish() const override { return source_.retry_after(); }

 private:
  PollSource source_;
};

class HttpPublishLink final : public Link {
 public:
  HttpPublishLink(HttpClient& client, PublishOptions options) : sink_(client, std::move(options)) {}
  bool established() const override { return established_; }
  asio::awaitable<Result<void>> write(Messages& rest) override;
  std::optional<Milliseconds> wish() const override { return sink_.retry_after(); }
  // 400, 413, 415, 422, 431: a POST of another message may be taken.
  Refusal refusal(const Error& error) const override;
  bool at_hub() const { return sink_.at_hub(); }

 private:
  HttpSink sink_;
  bool established_ = false;
};

class WsLink final : public Link {
 public:
  WsLink(Reactor& reactor, WsClientOptions options)
      : hub_(options.hub), client_(reactor, std::move(options)) {}
  // From now on a close with 1009 is not the end: on the next connection what is as long as the
  // longest message of the last one is not sent. Called for what that costs, where it is known
  // only then.
  void skip_too_long(std::function<void(const Error&)> on_skipped) {
    on_too_long_ = std::move(on_skipped);
  }
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return client_.connected(); }
  bool established() const override { return established_; }
  asio::awaitable<Result<Batch>> read() override { return client_.read(); }
  asio::awaitable<Result<void>> write(Messages& rest) override;
  Outstanding outstanding() const override { return {client_.unacknowledged(), {}}; }
  asio::awaitable<Result<void>> flush() override { return client_.flush(); }
  asio::awaitable<void> close() override { return client_.close(); }
  void hurry() override { client_.hurry(); }
  bool ended_for_good() const override { return client_.close_code() == 1000; }
  std::optional<Error> final_refusal() const override;
  std::optional<Error> parting_refusal() const override;
  // At a hub, and the user has not said so.
  bool hub_unasked() const { return !hub_ && client_.met_hub(); }
  // Without rt.v1 a connection to a hub is none.
  bool acknowledged() const override { return hub_ || client_.at_hub(); }
  std::string_view way_to_acknowledge() const override { return "a hub acknowledges: --hub"; }
  Refusal refusal(const Error& error) const override {
    return error.fault() == Fault::usage ? Refusal::first : Refusal::none;
  }
  std::string how_it_ended() const override;

 private:
  bool was_too_long() const {
    return on_too_long_ && client_.closed_by_peer() && client_.close_code() == 1009 &&
           (client_.at_hub() || longest_ > 0);
  }
  void learn_limit();
  std::string closed_text() const;

  bool hub_;  // the user says so
  WsClient client_;
  bool established_ = false;
  std::function<void(const Error&)> on_too_long_;
  std::size_t longest_ = 0;                                         // payload of this connection
  std::size_t too_long_ = std::numeric_limits<std::size_t>::max();  // the peer has said so
  bool write_failed_ = false;
};

class MqttLink final : public Link {
 public:
  MqttLink(Reactor& reactor, MqttClientOptions options)
      : qos_(options.qos), client_(reactor, std::move(options)) {}
  asio::awaitable<Result<void>> open() override;
  bool is_open() const override { return client_.connected(); }
  bool established() const override { return established_; }
  asio::awaitable<Result<Batch>> read() override { return client_.read(); }
  void commit(std::size_t left = 0) override { client_.commit(left); }
  bool commits() const override { return qos_ > 0; }
  asio::awaitable<Result<void>> write(Messages& rest) override { return client_.write(rest); }
  Outstanding outstanding() const override { return {client_.unacknowledged(), client_.refused()}; }
  asio::awaitable<Result<void>> flush() override { return client_.flush(); }
  asio::awaitable<void> close() override { return client_.close(); }
  void hurry() override { client_.hurry(); }
  std::optional<Error> final_refusal() const override { return client_.final_refusal(); }
  bool acknowledged() const override { return qos_ > 0; }
  std::string_view way_to_acknowledge() const override { return "a broker acknowledges: --qos 1"; }
  // What MQTT or this broker cannot carry, and PUBACK's reasons that are about one message: topic
  // name invalid, packet too large, payload format invalid.
  Refusal refusal(const Error& error) const override;
  std::string how_it_ended() const override { return client_.how_it_ended(); }

 private:
  std::uint8_t qos_;
  MqttClient client_;
  bool established_ = false;
};

// Writes; what the link cannot carry, or the other side refuses for itself, is passed over, so that
// one message is not the end of all. It counts as accepted: it does not come again.
asio::awaitable<Result<void>> write_skipping(Link& link, Messages& rest,
                                             const OnSkipped& on_skipped);

}  // namespace rt
