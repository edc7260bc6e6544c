#include "model/dialect_name.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostPlace = 1024;
constexpr std::size_t kMostTopic = 255;  // Phoenix's binary messages have a byte for its length

Result<DialectName> wrong(std::string_view what) {
  return Error(Fault::usage, std::string(what));
}

}  // namespace

std::string_view name_of(DialectKind kind) {
  switch (kind) {
    case DialectKind::socket_io:
      return "Socket.IO";
    case DialectKind::graphql_ws:
      return "GraphQL";
    case DialectKind::phoenix:
      return "Phoenix";
    case DialectKind::stomp:
      return "STOMP";
    case DialectKind::none:
      break;
  }
  return "nothing";
}

Result<DialectName> DialectName::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view name = text.substr(0, colon);
  const bool has_place = colon != std::string_view::npos;
  DialectName out;
  out.place = has_place ? text.substr(colon + 1) : std::string_view();
  const bool plain =
      valid_utf8(out.place) &&
      std::none_of(out.place.begin(), out.place.end(), [](char c) { return c >= 0 && c < ' '; });
  if (!plain || out.place.size() > kMostPlace) return wrong("is too long or no text");
  if (name == "socket.io") {
    out.kind = DialectKind::socket_io;
    if (!has_place) out.place = "/";
    if (!out.place.starts_with('/')) return wrong("a namespace begins with /: socket.io:/chat");
    if (out.place.find(',') != std::string::npos) return wrong("a namespace has no comma");
    return out;
  }
  if (name == "graphql-ws") {
    out.kind = DialectKind::graphql_ws;
    if (has_place) return wrong("graphql-ws has nothing behind it: the query is --send QUERY");
    return out;
  }
  if (name == "phoenix") {
    out.kind = DialectKind::phoenix;
    if (out.place.empty()) return wrong("needs a topic: phoenix:room:lobby");
    if (out.place.size() > kMostTopic) return wrong("the topic is too long");
    return out;
  }
  if (name == "stomp") {
    out.kind = DialectKind::stomp;
    if (out.place.empty()) return wrong("needs a destination: stomp:/topic/news");
    return out;
  }
  return wrong(
      "must be socket.io[:/NAMESPACE], graphql-ws, phoenix:TOPIC or stomp:DESTINATION; a "
      "subprotocol is --subprotocol NAME");
}

}  // namespace rt
