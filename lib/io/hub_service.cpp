#include "io/hub_service.hpp"

#include <asio/post.hpp>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/http1.hpp"
#include "codec/ws_handshake.hpp"
#include "io/hub_subscribers.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::string_view kAllow = "Allow: GET, HEAD, POST, PUT, OPTIONS\r\n";
// What becomes header fields of answers has to fit into what clients take as a head.
constexpr std::size_t kMostMetadata = 8u << 10;
constexpr std::size_t kMostBatch = 100'000;          // messages of one request
constexpr std::size_t kMostWhilePaused = 64u << 20;  // bytes of publications
constexpr Milliseconds kExpiryInterval = 1s;

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}
bool is_publish(std::string_view method) {
  return method == "POST" || method == "PUT";
}

std::optional<Error> metadata_fault(const Message& message) {
  std::size_t sum = message.content_type.size() + message.event.size() + message.id.size() +
                    message.origin_id.size();
  for (const std::string& relay : message.via) sum += relay.size() + 8;
  if (sum <= kMostMetadata) return std::nullopt;
  return Error(Fault::usage, "content type, event, ids and relays are longer than " +
                                 std::to_string(kMostMetadata) + " bytes together");
}

// Of a publication that was not accepted.
int status_of(const Error& error) {
  return error.fault() == Fault::usage ? 400 : 503;
}

std::vector<std::string> list_of(std::string_view field) {
  std::vector<std::string> out;
  for (const std::string_view item : split(field, ','))
    if (!trim(item).empty()) out.emplace_back(trim(item));
  return out;
}

}  // namespace

HubService::HubService(Reactor& reactor, Deadlines& deadlines, Hub& hub, HubServiceOptions options)
    : reactor_(reactor),
      deadlines_(deadlines),
      hub_(hub),
      options_(std::move(options)),
      access_(options_.access),
      delivery_(reactor, hub),
      started_(std::chrono::steady_clock::now()) {
  if (hub_.limits().history_age) deadlines_.set(*this, kExpiryInterval);
}

HubService::~HubService() {
  // The front ends are gone by now and with them every exchange: only the readers are left.
  while (!streams_.empty()) delete streams_.back();
  while (!sockets_.empty()) delete sockets_.back();
  while (!waiters_.empty()) delete waiters_.back();
  while (!paused_answers_.empty()) delete paused_answers_.back();
}

void HubService::on_deadline() {
  hub_.expire(std::chrono::steady_clock::now());
  deadlines_.set(*this, kExpiryInterval);
}

// --- who may come in -----------------------------------------------------------------------------

// Everything that can be decided from the head. False: it has been answered.
bool HubService::check(Exchange& exchange) {
  const http1::Request& request = exchange.request();
  if (draining_) return problem(exchange, 503, "the server is ending", "Retry-After: 1\r\n"), false;
  // Nearly every request bears the Host that the last one bore.
  if (request.host != good_host_) {
    if (!access_.host_allowed(request.host))
      return problem(exchange, 421, "this server does not answer for that Host (--allow-host)"),
             false;
    good_host_ = request.host;
  }
  const std::string_view method = request.method;
  const bool upgrade = request.find("Upgrade") != nullptr;
  if (upgrade || (!is_read(method) && method != "OPTIONS")) {
    if (!access_.origin_allowed(request.value("Origin"), request.host))
      return problem(exchange, 403, "this Origin may not do that (--allow-origin)"), false;
  }
  if (!is_read(method) && !is_publish(method) && method != "OPTIONS")
    return problem(exchange, 405, "a channel knows GET, HEAD, POST, PUT and OPTIONS", kAllow),
           false;
  if (is_publish(method)) {
    if (request.find("Content-Length") == nullptr && request.find("Transfer-Encoding") == nullptr)
      return problem(exchange, 411, "a publication needs a Content-Length or chunks"), false;
    const std::string_view coding = request.value("Content-Encoding");
    if (!coding.empty() && !iequals(coding, "identity"))
      return problem(exchange, 415, "bodies are taken without Content-Encoding only",
                     "Accept-Encoding: identity\r\n"),
             false;
    // Each may be answered later, but not any number of them.
    if (paused_ && paused_bytes_ >= kMostWhilePaused)
      return problem(exchange, 503, "what is published here is not taken fast enough",
                     "Retry-After: 1\r\n"),
             false;
  }
  return true;
}

bool HubService::admit(Exchange& exchange) {
  return check(exchange);
}

void HubService::handle(Exchange& exchange) {
  if (!check(exchange)) return;
  const http1::Request& request = exchange.request();
  const std::string_view path = request.path;
  if (request.method == "OPTIONS") return options(exchange);
  if (path == "/-" || path.starts_with("/-/")) return own_path(exchange, path);
  if (hub_.limits().history_age) hub_.expire(std::chrono::steady_clock::now());
  // A channel that exists has a checked, canonical name.
  if (Channel* const channel = hub_.find(path)) return route(exchange, path, channel);
  switch (check_channel(path)) {
    case ChannelFault::malformed:
      return problem(exchange, 400, describe(ChannelFault::malformed));
    case ChannelFault::reserved:
      return problem(exchange, 403, describe(ChannelFault::reserved));
    case ChannelFault::none:
      break;
  }
  const std::string canonical = canonical_channel(path);
  route(exchange, canonical, hub_.find(canonical));
}

void HubService::route(Exchange& exchange, std::string_view path, Channel* channel) {
  if (is_read(exchange.request().method)) return get(exchange, path, channel);
  post(exchange, path);
}

void HubService::options(Exchange& exchange) {
  const http1::Request& request = exchange.request();
  Response response;
  response.status = 204;
  response.fields = kAllow;
  add_cors(request, response.fields);
  if (access_.cors_allowed(request.value("Origin")))
    response.fields +=
        "Access-Control-Allow-Methods: GET, HEAD, POST, PUT\r\n"
        "Access-Control-Allow-Headers: Content-Type, If-None-Match, Last-Event-ID, Prefer, "
        "RT-Event, RT-Origin-Id, RT-Via, Cache-Control, Accept\r\n"
        "Access-Control-Max-Age: 600\r\n";
  exchange.respond(response);
}

void HubService::add_cors(const http1::Request& request, std::string& fields) const {
  if (!access_.has_cors()) return;
  fields += "Vary: Origin\r\n";
  const std::string_view origin = request.value("Origin");
  if (!access_.cors_allowed(origin)) return;
  http1::append_header(fields, "Access-Control-Allow-Origin", origin);
  fields +=
      "Access-Control-Expose-Headers: ETag, RT-Id, RT-Next, RT-Gap, RT-Event, RT-Origin-Id, "
      "RT-Via\r\n";
}

// --- reading -------------------------------------------------------------------------------------

std::optional<HubService::ReadQuery> HubService::read_query(Exchange& exchange) {
  constexpr Milliseconds kMostWait = 300s;
  const http1::Request& request = exchange.request();
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
  while (http1::next_parameter(rest, name, value)) {
    if (name == "since" && !query.has_since) {
      query.has_since = true;
      query.since = http1::decode_parameter(value);
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
    // RFC 7240: an unknown or malformed preference is passed over.
    for (const http1::Header& header : request.headers) {
      if (!iequals(header.name, "Prefer")) continue;
      for (const std::string_view item : split(header.value, ','))
        if (const std::string_view one = trim(item); one.starts_with("wait="))
          if (const auto seconds = parse_uint(one.substr(5)))
            query.wait = std::min<Milliseconds>(
                std::chrono::seconds(std::min<std::uint64_t>(*seconds, 100'000)), kMostWait);
    }
  }
  return query;
}

void HubService::get(Exchange& exchange, std::string_view path, Channel* channel) {
  const http1::Request& request = exchange.request();
  const auto query = read_query(exchange);
  if (!query) return;

  switch (ws::check_upgrade(request)) {
    case ws::Upgrade::none:
      break;
    case ws::Upgrade::valid:
      return websocket(exchange, path, *query);
    case ws::Upgrade::bad_version:
      return problem(exchange, 426, "this server speaks WebSocket version 13",
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    case ws::Upgrade::malformed:
      return problem(exchange, 400, "the WebSocket opening handshake is not valid (RFC 6455)");
  }
  const std::string_view accept = request.value("Accept");
  if (request.method == "GET" && http1::accepts_explicitly(accept, "text/event-stream"))
    return event_stream(exchange, path, *query);

  if (path == "/" && !query->any() && request.find("If-None-Match") == nullptr &&
      !http1::accepts_explicitly(accept, "application/x-ndjson") &&
      !http1::accepts_explicitly(accept, "application/json"))
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
  return channel.live();
}

void HubService::event_stream(Exchange& exchange, std::string_view name, ReadQuery query) {
  const http1::Request& request = exchange.request();
  if (const std::string_view id = request.value("Last-Event-ID"); !id.empty()) {
    query.has_since = true;
    query.since = id;
  }
  Channel* const channel = hub_.open(name);
  if (channel == nullptr) return problem(exchange, 503, "there is no room for another channel");
  const Start start = start_of(*channel, query);
  std::string fields =
      "Content-Type: text/event-stream\r\nCache-Control: no-store\r\n"
      "X-Accel-Buffering: no\r\n";
  fields += kGuard;
  http1::append_header(fields, "RT-Next", to_string(hub_.cursor_of(*channel)));
  add_cors(request, fields);
  auto* const subscriber = new SseSubscriber(*this, exchange);
  subscriber->begin(fields, *channel, start, query.since);
}

void HubService::websocket(Exchange& exchange, std::string_view name, const ReadQuery& query) {
  const bool v1 = ws::offers_subprotocol(exchange.request(), "rt.v1");
  Channel* const channel = hub_.open(name);
  if (channel == nullptr) return problem(exchange, 503, "there is no room for another channel");
  const Start start = start_of(*channel, query);
  auto* const subscriber = new WsSubscriber(*this, v1 ? Wire::ws_v1 : Wire::ws_plain);
  subscriber->begin(*channel, start, query.since);
  exchange.upgrade(v1 ? "rt.v1" : "", *subscriber);
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
  std::string& fields = latest_.fields;
  http1::append_header(fields, "Content-Type", content_type_of(message));
  http1::append_header(fields, "ETag", latest_etag_);
  http1::append_header(fields, "RT-Id", id);
  http1::append_header(fields, "RT-Next", id);
  fields += "Cache-Control: no-cache\r\n";
  if (!message.event.empty()) http1::append_header(fields, "RT-Event", message.event);
  if (!message.origin_id.empty()) http1::append_header(fields, "RT-Origin-Id", message.origin_id);
  for (const std::string& relay : message.via) http1::append_header(fields, "RT-Via", relay);
  fields += kGuard;
  return latest_;
}

void HubService::latest(Exchange& exchange, Channel* channel, std::string_view name,
                        const ReadQuery& query) {
  const http1::Request& request = exchange.request();
  const http1::Header* const condition = request.find("If-None-Match");
  if (channel == nullptr || channel->empty()) {
    if (query.wait) return wait_for(exchange, channel, name, query, {}, PollWaiter::latest_message);
    const MessageId cursor{hub_.epoch(),
                           channel != nullptr ? channel->floor() : hub_.dropped_floor()};
    std::string fields;
    http1::append_header(fields, "RT-Next", to_string(cursor));
    return problem(exchange, 404, "this channel has no message", fields);
  }
  const Response& response = latest_response(*channel);
  const bool known = condition != nullptr && http1::etag_matches(condition->value, latest_etag_);
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
  unchanged.fields.reserve(256);
  http1::append_header(unchanged.fields, "ETag", latest_etag_);
  http1::append_header(unchanged.fields, "RT-Next",
                       std::string_view(latest_etag_).substr(1, latest_etag_.size() - 2));
  unchanged.fields += "Cache-Control: no-cache\r\n";
  unchanged.fields += kGuard;
  add_cors(request, unchanged.fields);
  exchange.respond(unchanged);
}

void HubService::window(Exchange& exchange, Channel* channel, std::string_view name,
                        const ReadQuery& query) {
  const http1::Request& request = exchange.request();
  const std::string_view accept = request.value("Accept");
  const bool array = http1::accepts_explicitly(accept, "application/json") &&
                     http1::accept_quality(accept, "application/json") >
                         (http1::accepts_explicitly(accept, "application/x-ndjson")
                              ? http1::accept_quality(accept, "application/x-ndjson")
                              : 0);
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
    body += gap_json(from, start.missed);
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
  std::string& fields = response.fields;
  fields = array ? "Content-Type: application/json\r\n" : "Content-Type: application/x-ndjson\r\n";
  http1::append_header(fields, "RT-Next", to_string(cursor));
  if (start.gap) fields += "RT-Gap: true\r\n";
  fields += "Cache-Control: no-store\r\n";
  fields += kGuard;
  return response;
}

void HubService::wait_for(Exchange& exchange, Channel* channel, std::string_view name,
                          const ReadQuery& query, Start start, int variant) {
  const http1::Request& request = exchange.request();
  if (channel == nullptr) channel = hub_.open(name);
  if (channel == nullptr) return problem(exchange, 503, "there is no room for another channel");
  std::string cors;
  add_cors(request, cors);
  const bool conditional = request.find("If-None-Match") != nullptr;
  auto* const waiter =
      new PollWaiter(*this, exchange, variant, std::move(cors), query.limit, conditional);
  waiter->begin(*channel, std::max(start.position, channel->end()), *query.wait);
}

// --- publishing ----------------------------------------------------------------------------------

// Only the age of entries needs it: reading a clock costs as much as appending does.
SteadyTime HubService::publication_time() const {
  return hub_.limits().history_age ? std::chrono::steady_clock::now() : SteadyTime{};
}

Result<MessageId> HubService::publish(std::string_view channel, Message message) {
  message.channel = channel;
  message.time = wall_now();
  auto entry = hub_.publish(channel, std::make_shared<const Message>(std::move(message)),
                            publication_time(), nullptr);
  if (!entry) return entry.error();
  const MessageId id = hub_.id_of(**entry);
  delivery_.published((*entry)->home());
  return id;
}

std::optional<Error> HubService::accept(std::string_view channel, Message message,
                                        const void* origin, MessageId& id) {
  if (auto fault = metadata_fault(message)) return fault;
  message.channel = channel;
  message.time = wall_now();
  // An id that a message brings along is where it comes from, not what it is called here.
  if (message.origin_id.empty()) message.origin_id = std::move(message.id);
  message.id.clear();
  const auto shared = std::make_shared<const Message>(std::move(message));
  if (options_.relay) {
    auto entry = hub_.publish(channel, shared, publication_time(), origin);
    if (!entry) return entry.error();
    id = hub_.id_of(**entry);
    delivery_.published((*entry)->home());
  } else {
    id = {hub_.epoch(), hub_.last_sequence()};
  }
  if (on_publication_) on_publication_(shared);
  return std::nullopt;
}

void HubService::post(Exchange& exchange, std::string_view path) {
  const http1::Request& request = exchange.request();
  const std::string name(path);
  const std::string_view type = request.value("Content-Type");
  const std::string media = ascii_lower(trim(type.substr(0, type.find(';'))));
  if (request.body.size() > hub_.limits().max_message && media != "application/x-ndjson")
    return problem(exchange, 413, "the message is longer than --max-message");
  if (paused_) paused_bytes_ += request.body.size();
  if (media == "application/x-ndjson") return post_envelopes(exchange, name, exchange.take_body());

  Message message;
  message.retain = request.method == "PUT";
  message.origin_id = request.value("RT-Origin-Id");
  for (const http1::Header& header : request.headers)
    if (iequals(header.name, "RT-Via"))
      for (std::string& relay : list_of(header.value)) message.via.push_back(std::move(relay));
  message.event = request.value("RT-Event");
  const std::string declared(type);
  Response response;
  response.status = 201;
  add_cors(request, response.fields);
  message.payload = exchange.take_body();
  set_content_type(message, declared);
  MessageId id;
  if (const auto failed = accept(name, std::move(message), exchange.connection(), id))
    return problem(exchange, status_of(*failed), failed->text(),
                   status_of(*failed) == 503 ? "Retry-After: 1\r\n" : "");
  const std::string text = to_string(id);
  response.fields += "Content-Type: application/json\r\n";
  // What is not kept has no id.
  if (options_.relay) http1::append_header(response.fields, "RT-Id", text);
  response.fields += kGuard;
  response.body = options_.relay ? "{\"id\":\"" + text + "\"}\n" : "{\"id\":null}\n";
  answer_publication(exchange, response);
}

void HubService::post_envelopes(Exchange& exchange, const std::string& name, std::string body) {
  static envelope::Reader reader;
  std::vector<Message> messages;
  std::size_t number = 0;
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trim(line).empty()) continue;
    Result<Message> message = reader.read(line);
    if (!message)
      return problem(exchange, 400,
                     "line " + std::to_string(number) + ": " + message.error().text());
    if (message->gap) continue;
    if (const auto fault = metadata_fault(*message))
      return problem(exchange, 400, "line " + std::to_string(number) + ": " + fault->text());
    if (messages.size() >= kMostBatch)
      return problem(exchange, 413,
                     "more than " + std::to_string(kMostBatch) + " messages in one request");
    if (message->payload.size() > hub_.limits().max_message)
      return problem(
          exchange, 413,
          "line " + std::to_string(number) + ": the message is longer than --max-message");
    messages.push_back(std::move(*message));
  }
  Response response;
  response.status = 201;
  response.fields = "Content-Type: application/json\r\n";
  std::string last;
  response.body = "{\"ids\":[";
  for (Message& message : messages) {
    if (exchange.request().method == "PUT") message.retain = true;
    MessageId id;
    if (const auto failed = accept(name, std::move(message), exchange.connection(), id))
      return problem(exchange, status_of(*failed), failed->text(),
                     status_of(*failed) == 503 ? "Retry-After: 1\r\n" : "");
    if (!options_.relay) continue;
    if (!last.empty()) response.body += ',';
    last = to_string(id);
    response.body += "\"" + last + "\"";
  }
  response.body += "]}\n";
  if (!last.empty()) http1::append_header(response.fields, "RT-Id", last);
  response.fields += kGuard;
  add_cors(exchange.request(), response.fields);
  answer_publication(exchange, response);
}

void HubService::answer_publication(Exchange& exchange, const Response& response) {
  if (paused_)
    new PausedAnswer(*this, exchange, response);
  else
    exchange.respond(response);
}

void HubService::pause_publishers(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  paused_bytes_ = 0;
  if (paused) return;
  for (WsSubscriber* const socket : sockets_) socket->resume();
  while (!paused_ && !paused_answers_.empty()) paused_answers_.back()->release();
}

void HubService::acknowledge_soon(WsSubscriber& socket) {
  acks_.push_back(&socket);
  if (acks_.size() > 1) return;
  asio::post(reactor_.context(), [this] {
    for (WsSubscriber* const one : std::exchange(acks_, {})) one->acknowledge();
  });
}

// --- the end, and answers ------------------------------------------------------------------------

void HubService::drain() {
  draining_ = true;
  while (!waiters_.empty()) waiters_.back()->end();
  while (!paused_answers_.empty()) paused_answers_.back()->release();
  while (!streams_.empty()) streams_.back()->end();
  for (WsSubscriber* const socket : sockets_) socket->end();
}

void HubService::problem(Exchange& exchange, int status, std::string_view detail,
                         std::string_view more_fields) {
  Response response;
  response.status = status;
  response.fields = "Content-Type: application/problem+json\r\n";
  response.fields += kGuard;
  response.fields += more_fields;
  add_cors(exchange.request(), response.fields);
  response.body = "{\"title\":";
  envelope::append_json_string(response.body, http1::reason_phrase(status));
  response.body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  envelope::append_json_string(response.body, detail);
  response.body += "}\n";
  exchange.respond(response);
}

}  // namespace rt
