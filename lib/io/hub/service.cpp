#include "io/hub/service.hpp"

#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/http_values.hpp"
#include "codec/ws_handshake.hpp"
#include "io/hub/subscribers.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr http::Field kAllow{"Allow", "GET, HEAD, POST, PUT, OPTIONS"};
constexpr std::size_t kMostWhilePaused = 64u << 20;  // bytes of publications
constexpr Milliseconds kExpiryInterval = 1s;

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}
bool is_publish(std::string_view method) {
  return method == "POST" || method == "PUT";
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
  const http::Request& request = exchange.request();
  if (draining_)
    return problem(exchange, 503, "the server is ending", {{"Retry-After", "1"}}), false;
  // Nearly every request bears the Host that the last one bore.
  if (request.authority != good_host_) {
    if (!access_.host_allowed(request.authority))
      return problem(exchange, 421, "this server does not answer for that Host (--allow-host)"),
             false;
    good_host_ = request.authority;
  }
  const std::string_view method = request.method;
  const bool upgrade = request.websocket != http::WebSocketWish::none;
  if (upgrade || (!is_read(method) && method != "OPTIONS")) {
    // Of two it could not be said which is the true one.
    const auto origins = std::count_if(request.fields.begin(), request.fields.end(),
                                       [](const auto& h) { return iequals(h.name, "Origin"); });
    if (origins > 1) return problem(exchange, 400, "there is more than one Origin field"), false;
    if (!access_.origin_allowed(request.value("Origin"), request.authority))
      return problem(exchange, 403, "this Origin may not do that (--allow-origin)"), false;
  }
  if (!is_read(method) && !is_publish(method) && method != "OPTIONS")
    return problem(exchange, 405, "a channel knows GET, HEAD, POST, PUT and OPTIONS", {kAllow}),
           false;
  if (is_publish(method)) {
    if (!request.announces_body)
      return problem(exchange, 411, "a publication needs a Content-Length or chunks"), false;
    const std::string_view coding = request.value("Content-Encoding");
    if (!coding.empty() && !iequals(coding, "identity"))
      return problem(exchange, 415, "bodies are taken without Content-Encoding only",
                     {{"Accept-Encoding", "identity"}}),
             false;
    // Each may be answered later, but not any number of them.
    if (paused_ && paused_bytes_ >= kMostWhilePaused)
      return problem(exchange, 503, "what is published here is not taken fast enough",
                     {{"Retry-After", "1"}}),
             false;
  }
  return true;
}

bool HubService::admit(Exchange& exchange) {
  return check(exchange);
}

void HubService::handle(Exchange& exchange) {
  if (!check(exchange)) return;
  const http::Request& request = exchange.request();
  const std::string_view path = request.path;
  if (request.method == "OPTIONS") return options(exchange);
  // At any path: what it speaks names its topics itself.
  if (mqtt_socket_ && request.method == "GET" && request.websocket == http::WebSocketWish::valid &&
      ws::offers_subprotocol(request, "mqtt"))
    return exchange.open_websocket("mqtt", mqtt_socket_());
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

// What anybody may publish must never run as a script of this origin, which is the page's, too.
bool HubService::loads_code(const http::Request& request) {
  if (request.find("Service-Worker") != nullptr) return true;
  const std::string_view purpose = request.value("Sec-Fetch-Dest");
  constexpr std::string_view kCode[] = {
      "script",       "worker", "sharedworker", "serviceworker", "audioworklet",
      "paintworklet", "style",  "xslt",         "object",        "embed"};
  return std::find(std::begin(kCode), std::end(kCode), purpose) != std::end(kCode);
}

void HubService::route(Exchange& exchange, std::string_view path, Channel* channel) {
  if (loads_code(exchange.request()))
    return problem(exchange, 403, "a channel is data: it is not served as code to a page");
  if (is_read(exchange.request().method)) return get(exchange, path, channel);
  post(exchange, path);
}

void HubService::options(Exchange& exchange) {
  const http::Request& request = exchange.request();
  Response response;
  response.status = 204;
  response.fields.add({kAllow});
  add_cors(request, response.fields);
  if (access_.cors_allowed(request.value("Origin")))
    response.fields.add({{"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT"},
                         {"Access-Control-Allow-Headers",
                          "Content-Type, If-None-Match, Last-Event-ID, Prefer, RT-Event, "
                          "RT-Origin-Id, RT-Via, Cache-Control, Accept"},
                         {"Access-Control-Max-Age", "600"}});
  exchange.respond(response);
}

void HubService::add_cors(const http::Request& request, http::Fields& fields) const {
  if (!access_.has_cors()) return;
  fields.add("Vary", "Origin");
  const std::string_view origin = request.value("Origin");
  if (!access_.cors_allowed(origin)) return;
  fields.add("Access-Control-Allow-Origin", origin);
  fields.add("Access-Control-Expose-Headers",
             "ETag, RT-Id, RT-Next, RT-Gap, RT-Event, RT-Origin-Id, RT-Via");
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
                         std::initializer_list<http::Field> more_fields) {
  Response response;
  response.status = status;
  response.fields.add("Content-Type", "application/problem+json");
  response.fields.add(kGuard);
  response.fields.add(more_fields);
  add_cors(exchange.request(), response.fields);
  response.body = "{\"title\":";
  envelope::append_json_string(response.body, http::reason_phrase(status));
  response.body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  envelope::append_json_string(response.body, detail);
  response.body += "}\n";
  exchange.respond(response);
}

}  // namespace rt
