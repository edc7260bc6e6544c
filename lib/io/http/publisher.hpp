#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/histogram.hpp"
#include "io/http/client.hpp"
#include "model/message.hpp"

namespace rt {

struct PublishOptions {
  std::string url;           // http or https, without credentials (Endpoint::http_url)
  std::string content_type;  // of messages that bear none
  bool hub = false;          // the user says that the other side is a hub
  // Gets how long publications take until they are answered; null: nobody wants it.
  std::shared_ptr<Histogram> round_trips = nullptr;
  bool asks_first = true;  // what the other side is, where that decides how a message is sent
  // Each request to who is no hub says by Idempotency-Key that it is the same as before.
  bool keys = false;
  std::size_t batch = 1;          // messages a request, one a line, to who is no hub
  std::string topic_header = {};  // has each message's topic; empty: none
};

// Publishes messages by HTTP: one POST a message (PUT when it is to be retained), in order, on one
// kept connection. Once the other side has shown itself to be a hub (201 with RT-Id, or told so),
// what is written together travels together: NDJSON envelopes, at most 1 MiB or 1,000 messages a
// request, each request all or none.
//
// A message alone goes as its payload with its content type, RT-Event, RT-Origin-Id and RT-Via.
// Properties and QoS need an envelope, so only a hub gets them: for the first message that has
// some, the server is asked what it is (HEAD), unless that is not wanted.
class HttpSink {
 public:
  // The client must outlive this.
  HttpSink(HttpClient& client, PublishOptions options);

  // Completes when the server has accepted all (2xx). What is accepted is taken off the front of
  // `rest`, so that after an error it is what to write again. What was under way when a connection
  // broke may have been accepted unseen and stays there: at least once, as ever with HTTP (libcurl
  // itself repeats a request when a kept connection ends without a byte of answer). Gaps are
  // skipped and count as accepted.
  asio::awaitable<Result<void>> write(Messages& rest);

  // The wish of the answer that failed last (Retry-After with 429 or 503), if it had one.
  std::optional<Milliseconds> retry_after() const { return retry_after_; }
  bool at_hub() const { return at_hub_; }
  // The id that a hub gave to the last message, or the last of a bundle.
  const std::string& last_id() const { return last_id_; }

 private:
  asio::awaitable<Result<void>> probe();
  asio::awaitable<Result<void>> send(HttpRequest request);
  HttpRequest single(const Message& message) const;
  // One request for messages from the front, one a line; says how many.
  HttpRequest lines(Messages messages, std::size_t& taken) const;
  void add_topic(HttpRequest& request, const Message& message) const;
  // The same one again for the same messages.
  const std::string& key_for(const MessagePtr& first, std::size_t count);
  void append_line(std::string& out, const Message& message) const;
  // One NDJSON request for as many messages from the front as fit; says how many.
  HttpRequest bundle(Messages messages, std::size_t& taken) const;

  HttpClient& client_;
  PublishOptions options_;
  std::optional<Milliseconds> retry_after_;
  std::string last_id_;
  bool at_hub_ = false;
  bool probed_ = false;
  MessagePtr key_first_;  // of the request that has key_
  std::size_t key_count_ = 0;
  std::string key_;
};

}  // namespace rt
