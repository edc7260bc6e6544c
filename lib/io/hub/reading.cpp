#include "io/hub/reading.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "codec/http_values.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_handshake.hpp"

namespace rt {

Reading::Reading(const HubContext& hub, Delivery& delivery, const Answers& answers,
                 WebSockets& sockets)
    : hub_(hub),
      delivery_(delivery),
      answers_(answers),
      sockets_(sockets),
      windows_(delivery),
      window_streams_(hub, delivery),
      streams_(hub, delivery),
      polls_(hub, delivery, windows_, window_streams_),
      past_reads_(hub, delivery, window_streams_) {}

bool Reading::wants_page(const http::Request& request) {
  if (request.websocket != http::WebSocketWish::none) return false;
  std::string several;
  const std::string_view accept = accept_of(request, several);
  if (wants_event_stream(accept)) return false;
  const Result<ReadQuery> query = read_query(request);
  return query && !query->any() && request.find("If-None-Match") == nullptr &&
         !http::accepts_explicitly(accept, "application/x-ndjson") &&
         !http::accepts_explicitly(accept, "application/json");
}

void Reading::get(Exchange& exchange, std::string_view name, Channel* channel) {
  const http::Request& request = exchange.request();
  const Result<ReadQuery> query = read_query(request);
  if (!query) return answers_.refuse(exchange, 400, query.error().text());
  switch (request.websocket) {
    case http::WebSocketWish::none:
      return plain(exchange, name, channel, *query);
    case http::WebSocketWish::valid:
      return websocket(exchange, name, channel, *query);
    case http::WebSocketWish::bad_version:
      return answers_.refuse(exchange, 426, "this server speaks WebSocket version 13",
                             {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
    case http::WebSocketWish::malformed:
      return answers_.refuse(exchange, 400,
                             "the WebSocket opening handshake is not valid (RFC 6455)");
  }
}

void Reading::plain(Exchange& exchange, std::string_view name, Channel* channel,
                    const ReadQuery& query) {
  const http::Request& request = exchange.request();
  std::string several;
  const std::string_view accept = accept_of(request, several);
  const bool stream = wants_event_stream(accept);
  if (request.method == "GET" && stream)
    return event_stream(exchange, name, channel, query,
                        http::accepts_profile(accept, "text/event-stream", v1::kName));
  if (stream) return head_of_event_stream(exchange, channel);
  if (!query.has_since && !query.last && !query.limit)
    return latest(exchange, name, channel, query);
  window(exchange, name, channel, query,
         wants_array(accept) ? ReadForm::json_array : ReadForm::ndjson);
}

Channel* Reading::opened(Exchange& exchange, std::string_view name, Channel* channel) {
  if (channel == nullptr) channel = hub_.hub.open(name, Hub::For::reader);
  if (channel == nullptr) answers_.refuse(exchange, 503, "there is no room for another channel");
  return channel;
}

LateAnswer Reading::late_answer(const http::Request& request, const ReadQuery& query,
                                ReadForm form) const {
  LateAnswer how{form, {}, query.limit, request.find("If-None-Match") != nullptr};
  answers_.add_cors(request, how.cors);
  return how;
}

// --- streams -------------------------------------------------------------------------------------

http::Fields Reading::fields_of_event_stream(const http::Request& request,
                                             const Channel* channel) const {
  http::Fields fields{{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"Vary", "Accept"},
                      {"X-Accel-Buffering", "no"}};
  fields.add(kGuard);
  if (channel != nullptr) fields.add("RT-Next", to_string(hub_.hub.cursor_of(*channel)));
  answers_.add_cors(request, fields);
  return fields;
}

// Nobody reads it: no channel is opened.
void Reading::head_of_event_stream(Exchange& exchange, const Channel* channel) const {
  Response response;
  response.status = 200;
  response.fields = fields_of_event_stream(exchange.request(), channel);
  exchange.respond(response);
}

void Reading::event_stream(Exchange& exchange, std::string_view name, Channel* channel,
                           ReadQuery query, bool envelopes) {
  const http::Request& request = exchange.request();
  if (const std::string_view id = request.value("Last-Event-ID"); !id.empty()) set_since(query, id);
  channel = opened(exchange, name, channel);
  if (channel == nullptr) return;
  streams_.open(exchange, fields_of_event_stream(request, channel),
                envelopes ? Wire::sse_envelope : Wire::sse, *channel, start_of(*channel, query),
                query.since);
}

void Reading::websocket(Exchange& exchange, std::string_view name, Channel* channel,
                        const ReadQuery& query) {
  // An echo acknowledges nothing: it is no hub.
  const bool envelopes =
      !hub_.options.echo && ws::offers_subprotocol(exchange.request(), v1::kName);
  channel = opened(exchange, name, channel);
  if (channel == nullptr) return;
  sockets_.open(exchange, envelopes, *channel, start_of(*channel, query), query.since);
}

// --- polls ---------------------------------------------------------------------------------------

void Reading::latest(Exchange& exchange, std::string_view name, Channel* channel,
                     const ReadQuery& query) {
  const http::Request& request = exchange.request();
  if (channel == nullptr || channel->empty()) {
    if (query.wait) return wait_for(exchange, name, channel, query, {}, ReadForm::latest_message);
    const MessageId cursor{hub_.hub.epoch(),
                           channel != nullptr ? channel->floor() : hub_.hub.dropped_floor()};
    return answers_.refuse(exchange, 404, "this channel has no message",
                           {{"RT-Next", to_string(cursor)}, {"Cache-Control", "no-store"}});
  }
  const Response& response = windows_.latest(*channel);
  if (none_match_names(request, windows_.latest_etag())) {
    if (!query.wait) return unchanged(exchange);
    return wait_for(exchange, name, channel, query, channel->live(), ReadForm::latest_message);
  }
  if (!answers_.has_cors()) return exchange.respond(response);
  Response own = response;
  answers_.add_cors(request, own.fields);
  exchange.respond(own);
}

// It is the latest that was asked for last.
void Reading::unchanged(Exchange& exchange) {
  const std::string_view etag = windows_.latest_etag();
  Response response;
  response.status = 304;
  response.fields.add("ETag", etag);
  response.fields.add("RT-Next", etag.substr(1, etag.size() - 2));
  response.fields.add("Cache-Control", "no-cache");
  response.fields.add("Vary", "Accept");
  response.fields.add(kGuard);
  answers_.add_cors(exchange.request(), response.fields);
  exchange.respond(response);
}

void Reading::window(Exchange& exchange, std::string_view name, Channel* channel,
                     const ReadQuery& query, ReadForm form) {
  const http::Request& request = exchange.request();
  Start start;
  if (channel != nullptr) {
    start = start_of(*channel, query);
  } else if (query.has_since && !query.since.empty()) {
    // A channel that is not there is empty, with the hub's own floor.
    start = start_of(Channel(hub_.hub, std::string(name), hub_.hub.dropped_floor()), query);
  }
  // The log may have what left the window.
  if (start.gap && start.known)
    return past_reads_.answer(exchange, late_answer(request, query, form), name, query.since);
  const bool news = start.gap || (channel != nullptr && start.position < channel->end());
  if (!news && query.wait) return wait_for(exchange, name, channel, query, start, form);
  http::Fields cors;
  answers_.add_cors(request, cors);
  if (channel != nullptr) {
    WindowBody body(form, query.limit);
    if (start.gap) {
      body.add_gap(query.since, start.missed);
      ++delivery_.counts().gaps;
    }
    return window_streams_.answer(exchange, cors, std::move(body), *channel, start.position);
  }
  Response response = windows_.window(channel, start, query.since, form, query.limit);
  response.fields.add(cors);
  exchange.respond(response);
}

void Reading::wait_for(Exchange& exchange, std::string_view name, Channel* channel,
                       const ReadQuery& query, const Start& start, ReadForm form) {
  channel = opened(exchange, name, channel);
  if (channel == nullptr) return;
  polls_.hold(exchange, late_answer(exchange.request(), query, form), *channel,
              std::max(start.position, channel->end()), *query.wait);
}

void Reading::drain() {
  polls_.drain();
  past_reads_.drain();
  streams_.drain();
}

}  // namespace rt
