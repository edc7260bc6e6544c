#include "codec/dialect_graphql.hpp"

#include "base/text.hpp"
#include "codec/json_parts.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostShown = 400;

std::string typed(std::string_view type, std::string_view payload) {
  std::string out = R"({"type":")" + std::string(type) + '"';
  if (!payload.empty()) out += R"(,"payload":)" + std::string(payload);
  return out + '}';
}

}  // namespace

GraphqlWs::GraphqlWs(const DialectOptions& options) : options_(options) {}

void GraphqlWs::begin() {
  say_secret(typed("connection_init", options_.joining));
}

void GraphqlWs::receive(PayloadKind kind, std::string payload) {
  if (fault()) return;
  const std::string_view type = json_member(payload, "type");
  if (kind == PayloadKind::binary || !is_json(payload) || !is_json_string(type))
    return fail_protocol("message of graphql-transport-ws", payload);
  take(json_text(type), payload);
}

void GraphqlWs::take(std::string_view type, std::string_view json) {
  const std::string_view payload = json_member(json, "payload");
  if (type == "ping") return say(typed("pong", payload));
  if (type == "pong") return;
  if (type == "connection_ack") {
    if (state() != State::opening) return fail_protocol("answer that was still awaited", json);
    return join();
  }
  const std::string id = json_text(json_member(json, "id"));
  if (state() == State::opening || id.empty())
    return fail_protocol("answer to connection_init", json);
  // What was on its way when it ended.
  if (running_.count(id) == 0) return;
  if (type == "next") {
    if (payload.empty()) return fail_protocol("result", json);
    Message message;
    message.payload = payload;
    if (options_.reads) deliver(std::move(message));
    return;
  }
  if (type == "error") {
    take_refusal(payload);
  } else if (type != "complete") {
    return fail_protocol("message of graphql-transport-ws", json);
  }
  end_operation(id);
}

void GraphqlWs::take_refusal(std::string_view errors) {
  std::string text;
  JsonParts parts(is_json_array(errors) ? errors : std::string_view());
  while (const auto error = parts.next()) {
    if (text.size() > kMostShown) break;
    if (!text.empty()) text += "; ";
    text += json_text(json_member(error->value, "message"));
  }
  if (text.empty()) text = errors.substr(0, kMostShown);
  fail(Error(Fault::other, "the server refused the operation: " + printable(text, kMostShown))
           .as_fatal());
}

void GraphqlWs::end_operation(const std::string& id) {
  running_.erase(id);
  if (const auto number = parse_uint(id)) acknowledge(*number);
}

Result<void> GraphqlWs::send(const Message& message, bool counted) {
  if (!valid_utf8(message.payload)) return Error(Fault::usage, "an operation of GraphQL is text");
  const std::string& text = message.payload;
  if (trim(text).empty()) return Error(Fault::usage, "an operation of GraphQL cannot be empty");
  const bool whole = is_json_object(text) && is_json(text);
  if (whole && json_member(text, "query").empty())
    return Error(Fault::usage, R"(a JSON object with an operation of GraphQL needs "query")");
  const std::string id = counted ? std::to_string(++counted_) : "u" + std::to_string(++uncounted_);
  std::string out = R"({"id":")" + id + R"(","type":"subscribe","payload":)";
  if (whole) {
    out += text;
  } else {
    out += R"({"query":)";
    append_json_quoted(out, text);
    out += '}';
  }
  running_.insert(id);
  asked_ = true;
  say(out + '}');
  return {};
}

// The codes with which a client of graphql-ws gives up as well.
std::optional<Error> GraphqlWs::explain_close(std::uint16_t code, std::string_view reason) const {
  const std::string text = "the server refused: " + std::to_string(code) +
                           (reason.empty() ? "" : " " + printable(reason, kMostShown));
  switch (code) {
    case 4401:
    case 4403:
      return Error(
          Fault::refused,
          text + (options_.joining.empty() ? " (--join says what it may want to know)" : ""));
    case 4400:
    case 4406:
    case 4409:
    case 4429:
      return Error(Fault::closed, text).as_fatal();
    default:
      return std::nullopt;
  }
}

}  // namespace rt
