#include "codec/dialect.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/dialect_graphql.hpp"
#include "codec/dialect_phoenix.hpp"
#include "codec/dialect_socket_io.hpp"
#include "codec/dialect_stomp.hpp"
#include "codec/json_parts.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostShown = 200;

bool has_parameter(std::string_view target, std::string_view name) {
  const std::size_t query = target.find('?');
  if (query == std::string_view::npos) return false;
  const auto parameters = split(target.substr(query + 1), '&');
  return std::any_of(parameters.begin(), parameters.end(), [&](std::string_view parameter) {
    return parameter.substr(0, parameter.find('=')) == name;
  });
}

std::string with_parameter(std::string target, std::string_view name, std::string_view value) {
  if (has_parameter(target, name)) return target;
  return with_query(target, std::string(name) + "=" + std::string(value));
}

}  // namespace

void Dialect::fail_protocol(std::string_view what, std::string_view payload) {
  fail(Error(Fault::protocol, "the server's message is no " + std::string(what) + ": " +
                                  printable(payload, kMostShown))
           .as_fatal());
}

std::optional<Error> Dialect::closed_without_a_word(std::uint16_t code) {
  if (code != 1000 && code != 1005) return std::nullopt;
  return Error(Fault::network, "the server closed the connection");
}

void Dialect::acknowledge(std::uint64_t number) {
  if (number <= acknowledged_) return;
  ahead_.insert(number);
  while (ahead_.erase(acknowledged_ + 1) > 0) ++acknowledged_;
}

bool settles(const DialectOptions& options) {
  return options.acks && options.reads && options.name.kind == DialectKind::stomp;
}

std::unique_ptr<Dialect> make_dialect(const DialectOptions& options) {
  switch (options.name.kind) {
    case DialectKind::socket_io:
      return std::make_unique<SocketIo>(options);
    case DialectKind::graphql_ws:
      return std::make_unique<GraphqlWs>(options);
    case DialectKind::phoenix:
      return std::make_unique<Phoenix>(options);
    case DialectKind::stomp:
      return std::make_unique<Stomp>(options);
    case DialectKind::none:
      break;
  }
  return nullptr;
}

std::vector<std::string> subprotocols_of(DialectKind kind) {
  if (kind == DialectKind::graphql_ws) return {"graphql-transport-ws"};
  if (kind == DialectKind::stomp) return {"v12.stomp", "v11.stomp"};
  return {};
}

std::string dialect_target(DialectKind kind, std::string_view target, DialectCarrier carrier) {
  std::string out(target);
  const std::size_t path_end = std::min(out.find('?'), out.size());
  const std::string path = out.substr(0, path_end);
  if (kind == DialectKind::socket_io) {
    if (path.empty() || path == "/") out.replace(0, path_end, "/socket.io/");
    out = with_parameter(std::move(out), "EIO", "4");
    const bool polls = carrier == DialectCarrier::polling;
    return with_parameter(std::move(out), "transport", polls ? "polling" : "websocket");
  }
  if (kind == DialectKind::phoenix) {
    if (path.empty() || path == "/")
      out.replace(0, path_end, "/socket/websocket");
    else if (!path.ends_with("/websocket"))
      out.insert(path_end, path.ends_with('/') ? "websocket" : "/websocket");
    return with_parameter(std::move(out), "vsn", "2.0.0");
  }
  return out;
}

std::string dialect_channel(const DialectName& name) {
  if (name.place.empty()) return {};
  const bool rooted = name.place.starts_with('/');
  return (rooted ? "" : "/") + percent_encode_path(name.place, true);
}

Result<void> check_joining(const DialectOptions& options) {
  if (options.joining.empty()) return {};
  if (!is_json(options.joining) || !is_json_object(options.joining))
    return Error(Fault::usage, "must be a JSON object");
  if (options.name.kind != DialectKind::stomp) return {};
  JsonParts parts(options.joining);
  while (const auto part = parts.next())
    if (!is_json_string(part->value))
      return Error(Fault::usage, "headers of CONNECT must be strings");
  return {};
}

}  // namespace rt
