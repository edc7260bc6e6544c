#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "codec/envelope.hpp"
#include "codec/json_stream.hpp"
#include "codec/sse.hpp"
#include "io/http/client.hpp"
#include "io/loop/source.hpp"
#include "model/defaults.hpp"

namespace rt {

struct SseOptions {
  std::string url;            // http or https, without credentials (Endpoint::http_url)
  std::string last_event_id;  // resumes behind this id
  // Where to start at a hub, as a query: "since=ID" or "last=N". Sent until an event gave an id,
  // which then says it better. May be empty.
  std::string start;
  // No byte for so long means that the connection is dead. Not set: 60 s at a hub (whose
  // heartbeats come every 15 s), never elsewhere. Zero: never.
  std::optional<Milliseconds> idle_timeout;
  // The other side is a hub: it is asked for whole envelopes, which keep what plain events cannot
  // say (bytes, content type, properties, relays).
  bool hub = false;
  // The last event ID goes as this parameter of the query, not as Last-Event-ID. Empty: it does
  // not.
  std::string query_id;
  std::string method;        // empty: GET, or POST with a body
  std::string body;          // of the request
  std::string content_type;  // of the body; empty: JSON where it begins as such, else a form's
  std::size_t max_message = defaults::kMaxMessage;  // a longer one is a gap of one message
};

// An event stream (WHATWG HTML, "Server-sent events") as messages. One object lives through many
// connections: after an error or an end, connect() again resumes behind last_event_id(). It makes
// the same request again, but to where redirects that are for good (301, 308) have led.
//
// Each event is one text message: payload = data, event, id = last event ID, channel = the URL's
// path. At a hub (an answer with an RT-* header) "rt.gap" becomes a gap message and "rt.envelope"
// the message that it carries.
//
// JSON values that come one after the other (json_stream.hpp) are read, too: each is one message,
// without event and id, so such a stream begins anew after a loss. application/json is one when its
// length is not known beforehand.
class SseSource : public Source {
 public:
  // The client must outlive this.
  SseSource(HttpClient& client, SseOptions options);
  ~SseSource() override;

  // Opens the stream, or opens it anew. Errors: network and tls; an answer with another status as
  // status_error(); 204 (told to stop: Fault::closed, fatal); another content type (protocol).
  asio::awaitable<Result<void>> connect();

  // All events that have come. Connects first when no connection stands. An empty batch: the server
  // ended the stream (a server may do so at any time and expects a reconnection). After that, and
  // after an error, no connection stands.
  asio::awaitable<Result<Batch>> read() override;

  void close();  // drops the connection; not while a read() is under way
  // Of the request, as of the next connection.
  void set_body(std::string body) { options_.body = std::move(body); }
  // At a hub: the cursor that it is asked by is made of the last id so, from now on.
  void ask_by(std::function<std::string(std::string_view id)> cursor) {
    cursor_of_ = std::move(cursor);
  }
  // To ask again would be to do again what the request does (RFC 9110, section 9.2.2).
  bool asks_once() const;

  bool connected() const { return stream_ != nullptr; }
  bool at_hub() const { return at_hub_; }
  const std::string& last_event_id() const { return decoder_.last_event_id(); }
  // What the stream's `retry` fields said last: how long to wait before a reconnection.
  std::optional<Milliseconds> reconnection_time() const;
  // The wish of the answer that failed last (Retry-After), if it had one.
  std::optional<Milliseconds> retry_after() const { return retry_after_; }

 private:
  HttpRequest next_request() const;
  std::string request_url() const;
  bool takes_up(const HttpResponse& head);
  Result<void> receive(std::string_view bytes);
  void note_move(const HttpResponse& head);
  MessagePtr left_out(std::string last_event_id) const;
  Result<Batch> take_events();
  Result<MessagePtr> to_message(sse::Event event);
  MessagePtr to_message(std::string value) const;

  HttpClient& client_;
  SseOptions options_;
  std::string channel_;
  std::string moved_to_;  // for good; empty: options_.url
  sse::Decoder decoder_;
  std::optional<JsonStream> values_;  // instead of events
  bool takes_any_ = false;            // the server has nothing of the type that is asked for first
  bool ended_ = false;                // for the read() after the last value
  envelope::Reader envelopes_;
  std::unique_ptr<HttpStream> stream_;
  std::optional<Milliseconds> retry_after_;
  std::optional<Error> broken_;  // for the read() after the events that came before it
  WallTime came_at_{};           // what is taken out of the decoder
  bool at_hub_ = false;
  std::function<std::string(std::string_view id)> cursor_of_;  // null: it is the id
};

}  // namespace rt
