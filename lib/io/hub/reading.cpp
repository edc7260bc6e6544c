// How a channel is read: the latest message, a window, a long poll, an event stream, a WebSocket.
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "codec/content_type.hpp"
#include "codec/envelope.hpp"
#include "codec/http_values.hpp"
#include "codec/list_field.hpp"
#include "codec/rt_v1.hpp"
#include "codec/ws_handshake.hpp"
#include "io/hub/service.hpp"
#include "io/hub/subscribers.hpp"

namespace rt {
namespace {

// RFC 7240 section 2: an unknown or malformed preference is passed over, and of several of one name
// the first counts.
std::optional<std::uint64_t> preferred_wait(const http::Request& request) {
  std::optional<std::uint64_t> seconds;
  bool named = false;
  for (const http::Field& field : request.fields) {
    if (!iequals(field.name, "Prefer")) continue;
    http::for_each_element(field.value, [&](std::string_view preference) {
      const std::string_view first = preference.substr(0, preference.find(';'));
      const std::size_t equals = first.find('=');
      if (named || equals == std::string_view::npos) return;
      if (!iequals(trim(first.substr(0, equals)), "wait")) return;
      named = true;
      std::string_view value = trim(first.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      seconds = parse_uint(value);
    });
  }
  return seconds;
}

// RFC 9110 section 5.3: several fields of one name are one list.
bool none_match_names(const http::Request& request, std::string_view etag) {
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const auto& field) {
    return iequals(field.name, "If-None-Match") && http::etag_matches(field.value, etag);
  });
}

// The weight of a type that the Accept fields name as such; 0 where none does.
int weight_of(std::string_view accept, std::string_view media_type) {
  return http::accepts_explicitly(accept, media_type) ? http::accept_quality(accept, media_type)
                                                      : 0;
}

// `storage` is for the case of several fields.
std::string_view accept_of(const http::Request& request, std::string& storage) {
  const auto named = [](const http::Field& field) { return iequals(field.name, "Accept"); };
  if (std::count_if(request.fields.begin(), request.fields.end(), named) < 2)
    return request.value("Accept");
  storage = request.joined("Accept");
  return storage;
}

// Of the types that are asked for by name the weightiest counts, an event stream before others.
bool wants_event_stream(std::string_view accept) {
  const int weight = weight_of(accept, "text/event-stream");
  return weight > 0 && weight >= weight_of(accept, "application/x-ndjson") &&
         weight >= weight_of(accept, "application/json");
}

}  // namespace

std::optional<HubService::ReadQuery> HubService::read_query(Exchange& exchange) {
  constexpr Milliseconds kMostWait = 300s;
  const http::Request& request = exchange.request();
  ReadQuery query;
  std::string_view rest = request.query;
  std::string_view name;
  std::string_view value;
  const auto number = [&](std::optional<std::uint64_t>& out) {
    if (!out) out = parse_uint(value);
    if (!out)
      problem(exchange, 400, std::string(name) + " must be a whole number: " + printable(value));
    return out.has_value();
  };
  while (http::next_parameter(rest, name, value)) {
    if (name == "since" && !query.has_since) {
      query.has_since = true;
      query.since = http::decode_parameter(value);
    } else if (name == "last") {
      if (!number(query.last)) return std::nullopt;
    } else if (name == "limit") {
      if (!number(query.limit)) return std::nullopt;
      if (*query.limit == 0)
        return problem(exchange, 400, "limit must be at least 1"), std::nullopt;
    } else if (name == "wait" && !query.wait) {
      const auto wait = parse_duration_ms(value);
      if (!wait)
        return problem(exchange, 400, "wait must be a number of seconds: " + printable(value)),
               std::nullopt;
      query.wait = std::min(Milliseconds(*wait), kMostWait);
    }
  }
  if (!query.wait) {
    if (const auto seconds = preferred_wait(request))
      query.wait = std::min<Milliseconds>(
          std::chrono::seconds(std::min<std::uint64_t>(*seconds, 100'000)), kMostWait);
  }
  return query;
}

void HubService::get(Exchange& exchange, std::string_view path, Channel* channel) {
  const http::Request& request = exchange.request();
  const auto query = read_query(exchange);
  if (!query) return;

  switch (request.websocket) {
    case http::WebSocketWish::none:
      break;
    case http::WebSocketWish::valid:
      return websocket(exchange, path, *query);
    case http::WebSocketWish::bad_version:
      return problem(exchange, 426, "this server speaks WebSocket version 13",
                     {{"Upgrade", "websocket"}, {"Sec-WebSocket-Version", "13"}});
    case http::WebSocketWish::malformed:
      return problem(exchange, 400, "the WebSocket opening handshake is not valid (RFC 6455)");
  }
  std::string several;
  const std::string_view accept = accept_of(request, several);
  if (request.method == "GET" && wants_event_stream(accept))
    return event_stream(exchange, path, *query);

  if (path == "/" && !query->any() && request.find("If-None-Match") == nullptr &&
      !http::accepts_explicitly(accept, "application/x-ndjson") &&
      !http::accepts_explicitly(accept, "application/json"))
    return page(exchange);

  if (query->has_since || query->last || query->limit)
    return window(exchange, channel, path, *query);
  latest(exchange, channel, path, *query);
}

Start HubService::start_of(const Channel& channel, const ReadQuery& query) const {
  if (query.has_since) {
    if (query.since.empty()) return channel.whole_window();
    const auto id = parse_message_id(query.since);
    // What is not an id of ours is as foreign as one of another epoch.
    return channel.after(id.value_or(MessageId{~std::uint64_t{0}, 0}));
  }
  if (query.last) return channel.last(*query.last);
  if (query.limit) return channel.whole_window();
  return channel.live();
}

void HubService::event_stream(Exchange& exchange, std::string_view name, ReadQuery query) {
  const http::Request& request = exchange.request();
  if (const std::string_view id = request.value("Last-Event-ID"); !id.empty()) {
    query.has_since = true;
    query.since = id;
  }
  Channel* const channel = hub_.open(name, Hub::For::reader);
  if (channel == nullptr) return problem(exchange, 503, "there is no room for another channel");
  const Start start = start_of(*channel, query);
  http::Fields fields{{"Content-Type", "text/event-stream"},
                      {"Cache-Control", "no-store"},
                      {"Vary", "Accept"},
                      {"X-Accel-Buffering", "no"}};
  fields.add(kGuard);
  fields.add("RT-Next", to_string(hub_.cursor_of(*channel)));
  add_cors(request, fields);
  std::string several;
  const bool envelopes =
      http::accepts_profile(accept_of(request, several), "text/event-stream", v1::kName);
  auto* const subscriber =
      new SseSubscriber(*this, exchange, envelopes ? Wire::sse_envelope : Wire::sse);
  subscriber->begin(fields, *channel, start, query.since);
}

void HubService::websocket(Exchange& exchange, std::string_view name, const ReadQuery& query) {
  // An echo acknowledges nothing: it is no hub.
  const bool envelopes = !options_.echo && ws::offers_subprotocol(exchange.request(), v1::kName);
  Channel* const channel = hub_.open(name, Hub::For::reader);
  if (channel == nullptr) return problem(exchange, 503, "there is no room for another channel");
  const Start start = start_of(*channel, query);
  auto* const subscriber = new WsSubscriber(*this, envelopes ? Wire::ws_v1 : Wire::ws_plain);
  subscriber->begin(*channel, start, query.since);
  exchange.open_websocket(envelopes ? v1::kName : "", *subscriber);
}

const Response& HubService::latest_response(Channel& channel) {
  Entry& entry = channel.back();
  if (latest_channel_ == &channel && latest_sequence_ == entry.sequence) return latest_;
  const Message& message = *entry.message;
  const std::string id = to_string(hub_.id_of(entry));
  latest_channel_ = &channel;
  latest_sequence_ = entry.sequence;
  latest_etag_ = "\"" + id + "\"";
  latest_ = {};
  latest_.body = message.payload;
  http::Fields& fields = latest_.fields;
  fields.add("Content-Type", content_type_of(message));
  fields.add("ETag", latest_etag_);
  fields.add("RT-Id", id);
  fields.add("RT-Next", id);
  fields.add("Cache-Control", "no-cache");
  if (!message.event.empty()) fields.add("RT-Event", message.event);
  if (!message.origin_id.empty()) fields.add("RT-Origin-Id", message.origin_id);
  for (const std::string& relay : message.via) fields.add("RT-Via", relay);
  fields.add(kGuard);
  return latest_;
}

void HubService::latest(Exchange& exchange, Channel* channel, std::string_view name,
                        const ReadQuery& query) {
  const http::Request& request = exchange.request();
  if (channel == nullptr || channel->empty()) {
    if (query.wait) return wait_for(exchange, channel, name, query, {}, PollWaiter::latest_message);
    const MessageId cursor{hub_.epoch(),
                           channel != nullptr ? channel->floor() : hub_.dropped_floor()};
    return problem(exchange, 404, "this channel has no message", {{"RT-Next", to_string(cursor)}});
  }
  const Response& response = latest_response(*channel);
  const bool known = none_match_names(request, latest_etag_);
  if (known && query.wait)
    return wait_for(exchange, channel, name, query, channel->live(), PollWaiter::latest_message);
  if (!known) {
    if (!access_.has_cors()) return exchange.respond(response);
    Response own = response;
    add_cors(request, own.fields);
    return exchange.respond(own);
  }
  Response unchanged;
  unchanged.status = 304;
  unchanged.fields.add("ETag", latest_etag_);
  unchanged.fields.add("RT-Next",
                       std::string_view(latest_etag_).substr(1, latest_etag_.size() - 2));
  unchanged.fields.add("Cache-Control", "no-cache");
  unchanged.fields.add(kGuard);
  add_cors(request, unchanged.fields);
  exchange.respond(unchanged);
}

void HubService::window(Exchange& exchange, Channel* channel, std::string_view name,
                        const ReadQuery& query) {
  const http::Request& request = exchange.request();
  std::string several;
  const std::string_view accept = accept_of(request, several);
  const bool array =
      weight_of(accept, "application/json") > weight_of(accept, "application/x-ndjson");
  const int variant = array ? PollWaiter::json_array : PollWaiter::ndjson;
  Start start;
  if (channel != nullptr) {
    start = start_of(*channel, query);
  } else if (query.has_since && !query.since.empty()) {
    // A channel that is not there is empty, with the hub's own floor.
    const Channel absent(hub_, std::string(name), hub_.dropped_floor());
    start = absent.after(parse_message_id(query.since).value_or(MessageId{~std::uint64_t{0}, 0}));
  }
  const bool news = start.gap || (channel != nullptr && start.position < channel->end());
  if (!news && query.wait) return wait_for(exchange, channel, name, query, start, variant);
  Response response = window_response(channel, start, query.since, variant, query.limit);
  add_cors(request, response.fields);
  exchange.respond(response);
}

Response HubService::window_response(Channel* channel, Start start, std::string_view from,
                                     int variant, std::optional<std::uint64_t> limit) {
  constexpr std::size_t kMostBody = 8u << 20;  // the rest comes with the next cursor
  const bool array = variant == PollWaiter::json_array;
  const std::string_view separator = array ? ",\n" : "\n";
  Response response;
  std::string& body = response.body;
  MessageId cursor{hub_.epoch(), hub_.dropped_floor()};
  std::size_t lines = 0;
  const auto begin_line = [&] {
    if (lines++ > 0) body += separator;
  };
  if (array) body += '[';
  if (start.gap) {
    begin_line();
    v1::append_gap(body, from, start.missed);
    ++delivery_.counts().gaps;
  }
  if (channel != nullptr) {
    cursor = hub_.cursor_of(*channel);
    std::uint64_t position = start.position;
    for (std::uint64_t n = 0; position < channel->end() && (!limit || n < *limit); ++n) {
      if (body.size() >= kMostBody) break;
      begin_line();
      append_envelope(body, hub_, *channel, channel->at(position));
      cursor.sequence = channel->at(position).sequence;
      ++position;
    }
  }
  if (array)
    body += "]\n";
  else if (lines > 0)
    body += '\n';
  http::Fields& fields = response.fields;
  fields.add("Content-Type", array ? "application/json" : "application/x-ndjson");
  fields.add("RT-Next", to_string(cursor));
  if (start.gap) fields.add("RT-Gap", "true");
  fields.add("Cache-Control", "no-store");
  fields.add(kGuard);
  return response;
}

void HubService::wait_for(Exchange& exchange, Channel* channel, std::string_view name,
                          const ReadQuery& query, Start start, int variant) {
  const http::Request& request = exchange.request();
  if (channel == nullptr) channel = hub_.open(name, Hub::For::reader);
  if (channel == nullptr) return problem(exchange, 503, "there is no room for another channel");
  http::Fields cors;
  add_cors(request, cors);
  const bool conditional = request.find("If-None-Match") != nullptr;
  auto* const waiter =
      new PollWaiter(*this, exchange, variant, std::move(cors), query.limit, conditional);
  waiter->begin(*channel, std::max(start.position, channel->end()), *query.wait);
}

}  // namespace rt
