#include "io/hub/admission.hpp"

#include <algorithm>
#include <iterator>

#include "base/text.hpp"

namespace rt {
namespace {

// What anybody may publish must never run as a script of this origin, which is the page's, too.
bool loads_code(const http::Request& request) {
  if (request.find("Service-Worker") != nullptr) return true;
  const std::string_view purpose = request.value("Sec-Fetch-Dest");
  constexpr std::string_view kCode[] = {
      "script",       "worker", "sharedworker", "serviceworker", "audioworklet",
      "paintworklet", "style",  "xslt",         "object",        "embed"};
  return std::find(std::begin(kCode), std::end(kCode), purpose) != std::end(kCode);
}

std::string_view refusal_of(Action action) {
  switch (action) {
    case Action::subscribe:
      return "you may not read this channel";
    case Action::publish:
      return "you may not publish to this channel";
    case Action::presence:
      return "you may not see who reads this channel";
    case Action::admin:
      break;
  }
  return "you may not see this";
}

}  // namespace

bool is_read(std::string_view method) {
  return method == "GET" || method == "HEAD";
}

bool is_publish(std::string_view method) {
  return method == "POST" || method == "PUT";
}

bool Admission::check(Exchange& exchange) {
  if (closed_) {
    answers_.refuse(exchange, 503, "the server is ending", {{"Retry-After", "1"}});
    return false;
  }
  if (!check_host(exchange)) return false;
  const http::Request& request = exchange.request();
  const std::string_view method = request.method;
  const bool reads = is_read(method) || method == "OPTIONS";
  const bool wants_socket = request.websocket != http::WebSocketWish::none;
  if ((wants_socket || !reads) && !check_origin(exchange)) return false;
  if (reads) return true;
  if (is_publish(method)) return check_publication(exchange);
  answers_.refuse(exchange, 405, "a channel knows GET, HEAD, POST, PUT and OPTIONS", {kAllow});
  return false;
}

bool Admission::check_host(Exchange& exchange) {
  // Nearly every request bears the Host that the last one bore.
  const std::string_view host = exchange.request().authority;
  if (host == good_host_) return true;
  if (!access_.host_allowed(host)) {
    answers_.refuse(exchange, 421, "this server does not answer for that Host (--allow-host)");
    return false;
  }
  good_host_ = host;
  return true;
}

bool Admission::check_origin(Exchange& exchange) const {
  const http::Request& request = exchange.request();
  // Of two it could not be said which is the true one.
  const auto origins = std::count_if(request.fields.begin(), request.fields.end(),
                                     [](const auto& h) { return iequals(h.name, "Origin"); });
  if (origins > 1) {
    answers_.refuse(exchange, 400, "there is more than one Origin field");
    return false;
  }
  if (!access_.origin_allowed(request.value("Origin"), request.authority)) {
    answers_.refuse(exchange, 403, "this Origin may not do that (--allow-origin)");
    return false;
  }
  return true;
}

bool Admission::check_publication(Exchange& exchange) const {
  const http::Request& request = exchange.request();
  if (!request.announces_body) {
    answers_.refuse(exchange, 411, "a publication needs a Content-Length or chunks");
    return false;
  }
  const std::string_view coding = request.value("Content-Encoding");
  if (!coding.empty() && !iequals(coding, "identity")) {
    answers_.refuse(exchange, 415, "bodies are taken without Content-Encoding only",
                    {{"Accept-Encoding", "identity"}});
    return false;
  }
  return true;
}

bool Admission::check(Exchange& exchange, Action action, std::string_view channel) const {
  if (action != Action::admin && loads_code(exchange.request())) {
    answers_.refuse(exchange, 403, "a channel is data: it is not served as code to a page");
    return false;
  }
  if (allows(exchange.identity(), action, channel)) return true;
  answers_.refuse(exchange, 403, refusal_of(action));
  return false;
}

}  // namespace rt
