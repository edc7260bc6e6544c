#include "io/hub/service.hpp"

#include <string>
#include <utility>

#include "codec/ws_handshake.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr Milliseconds kExpiryInterval = 1s;
const Grants kEverybody;

}  // namespace

HubService::HubService(Reactor& reactor, Deadlines& deadlines, Hub& hub, MessageLog& log,
                       HubServiceOptions options)
    : options_(std::move(options)),
      hub_{reactor, deadlines, hub, log, options_},
      access_(options_.access),
      answers_(access_),
      admission_(access_, options_.grants ? *options_.grants : kEverybody, answers_),
      delivery_(reactor, hub, log),
      news_(reactor, hub, log, delivery_),
      publisher_(hub_),
      pause_(options_.output_channel, hub.limits().memory),
      publishing_(hub_, delivery_, answers_, publisher_, pause_),
      sockets_(hub_, delivery_, admission_, publisher_, pause_),
      reading_(hub_, delivery_, answers_, sockets_),
      pages_(hub_, delivery_, reading_, admission_, answers_) {
  if (hub.limits().history_age) deadlines.set(*this, kExpiryInterval);
}

void HubService::on_deadline() {
  hub_.hub.expire(std::chrono::steady_clock::now());
  hub_.deadlines.set(*this, kExpiryInterval);
}

std::string_view HubService::path_of(const http::Request& request) const {
  std::string_view path = request.path;
  const std::string& base = options_.base_path;
  if (base.empty()) return path;
  if (!path.starts_with(base)) return {};
  path.remove_prefix(base.size());
  if (path.empty()) return "/";
  return path.front() == '/' ? path : std::string_view();
}

bool HubService::admit(Exchange& exchange) {
  if (!admission_.check(exchange)) return false;
  const http::Request& request = exchange.request();
  return !is_publish(request.method) || publishing_.has_room(exchange, path_of(request));
}

void HubService::handle(Exchange& exchange) {
  if (!admit(exchange)) return;
  if (first_request_) std::exchange(first_request_, nullptr)();
  const http::Request& request = exchange.request();
  const std::string_view path = path_of(request);
  if (request.method == "OPTIONS") return answers_.preflight(exchange);
  // At any path: what it speaks names its topics itself.
  if (mqtt_socket_ && request.method == "GET" && request.websocket == http::WebSocketWish::valid &&
      ws::offers_subprotocol(request, "mqtt"))
    return exchange.open_websocket("mqtt", mqtt_socket_());
  if (path.empty())
    return answers_.refuse(exchange, 404,
                           "all of this server is under " + options_.base_path + "/");
  if (Pages::is_own_path(path)) return pages_.serve(exchange, path);
  if (hub_.hub.limits().history_age) hub_.hub.expire(std::chrono::steady_clock::now());
  // A channel that exists has a checked, canonical name.
  if (Channel* const channel = hub_.hub.find(path)) return handle_channel(exchange, path, channel);
  const ChannelFault fault = check_channel(path);
  if (fault != ChannelFault::none)
    return answers_.refuse(exchange, fault == ChannelFault::malformed ? 400 : 403, describe(fault));
  const std::string canonical = canonical_channel(path);
  handle_channel(exchange, canonical, canonical == path ? nullptr : hub_.hub.find(canonical));
}

void HubService::handle_channel(Exchange& exchange, std::string_view name, Channel* channel) {
  const http::Request& request = exchange.request();
  const bool reads = is_read(request.method);
  if (!admission_.check(exchange, reads ? Action::subscribe : Action::publish, name)) return;
  if (!reads) return publishing_.post(exchange, name, channel);
  if (name == "/" && Reading::wants_page(request)) return page(exchange);
  reading_.get(exchange, name, channel);
}

void HubService::page(Exchange& exchange) {
  // What belongs to it is beside it, which it would not be without the slash.
  if (!options_.base_path.empty() && exchange.request().path == options_.base_path)
    return answers_.refuse(exchange, 308, "the page is at " + options_.base_path + "/",
                           {{"Location", options_.base_path + "/"}});
  pages_.page(exchange);
}

void HubService::drain() {
  admission_.close();
  publishing_.drain();
  reading_.drain();
  sockets_.drain();
}

}  // namespace rt
