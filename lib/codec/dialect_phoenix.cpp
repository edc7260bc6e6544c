#include "codec/dialect_phoenix.hpp"

#include <array>

#include "base/text.hpp"
#include "codec/json_parts.hpp"

namespace rt {
namespace {

constexpr std::string_view kJoinRef = "1";
constexpr Milliseconds kHeartbeat = 30s;  // as Phoenix's own client
constexpr std::size_t kMostShown = 400;
constexpr std::size_t kMostName = 255;  // bytes of a name in a binary message

// The first byte of a binary message.
constexpr char kPush = 0;
constexpr char kReply = 1;
constexpr char kBroadcast = 2;

std::size_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// In text null stands for none.
std::string ref_of(std::string_view value) {
  return value == "null" ? std::string() : json_text(value);
}

void append_ref(std::string& out, std::string_view ref) {
  if (ref.empty())
    out += "null";
  else
    append_json_quoted(out, ref);
}

}  // namespace

Phoenix::Phoenix(const DialectOptions& options) : options_(options) {
  set_heartbeat(kHeartbeat);
}

void Phoenix::begin() {
  say_push(kJoinRef, kJoinRef, options_.name.place, "phx_join",
           options_.joining.empty() ? "{}" : std::string_view(options_.joining));
}

void Phoenix::say_push(std::string_view join_ref, std::string_view ref, std::string_view topic,
                       std::string_view event, std::string_view json) {
  std::string out = "[";
  append_ref(out, join_ref);
  out += ',';
  append_ref(out, ref);
  out += ',';
  append_json_quoted(out, topic);
  out += ',';
  append_json_quoted(out, event);
  out += ',';
  out += json;
  out += ']';
  if (event == "phx_join")
    say_secret(std::move(out));
  else
    say(std::move(out));
}

bool Phoenix::read_text(std::string_view json, Push& push) const {
  if (!is_json(json) || !is_json_array(json)) return false;
  JsonParts parts(json);
  std::array<std::string_view, 5> values;
  for (std::string_view& value : values) {
    const auto part = parts.next();
    if (!part) return false;
    value = part->value;
  }
  push = {ref_of(values[0]),    ref_of(values[1]), json_text(values[2]),
          json_text(values[3]), values[4],         false};
  return parts.rest().empty();
}

bool Phoenix::read_bytes(std::string_view bytes, Push& push) const {
  if (bytes.empty() || bytes.front() < kPush || bytes.front() > kBroadcast) return false;
  const char kind = bytes.front();
  const std::size_t names = kind == kPush ? 3 : kind == kReply ? 4 : 2;
  if (bytes.size() < 1 + names) return false;
  std::array<std::string, 4> name;
  std::string_view rest = bytes.substr(1 + names);
  for (std::size_t i = 0; i < names; ++i) {
    const std::size_t size = byte_at(bytes, 1 + i);
    if (rest.size() < size) return false;
    name[i] = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  if (kind == kPush) push = {name[0], {}, name[1], name[2], rest, true};
  if (kind == kReply) push = {name[0], name[1], name[2], "phx_reply", rest, true};
  if (kind == kBroadcast) push = {{}, {}, name[0], name[1], rest, true};
  return true;
}

void Phoenix::receive(PayloadKind kind, std::string payload) {
  if (fault() || state() == State::ended) return;
  Push push;
  const bool whole =
      kind == PayloadKind::text ? read_text(payload, push) : read_bytes(payload, push);
  if (!whole) return fail_protocol("message of a Phoenix channel", payload);
  if (push.topic == "phoenix") {
    if (push.ref == beating_) beating_.clear();
    return;
  }
  // Of a topic that is not ours, or of a join before this one.
  if (push.topic != options_.name.place) return;
  if (!push.join_ref.empty() && push.join_ref != kJoinRef) return;
  take(push);
}

void Phoenix::take(const Push& push) {
  if (push.event == "phx_close") return end();
  if (push.event == "phx_error")
    return fail(Error(Fault::network, "the channel " + printable(push.topic) + " has crashed"));
  if (push.event == "phx_reply" && push.ref == kJoinRef && state() == State::opening)
    return take_reply(push);
  if (push.event == "phx_reply" && !options_.reads) {
    const std::string status = json_text(json_member(push.payload, "status"));
    if (status == "error")
      note("the server refused a message: " +
           printable(json_member(push.payload, "response"), kMostShown));
  }
  if (!options_.reads) return;
  Message message;
  message.event = push.event;
  message.payload = push.binary ? std::string(push.payload) : json_text(push.payload);
  if (push.binary) message.kind = PayloadKind::binary;
  deliver(std::move(message));
}

void Phoenix::take_reply(const Push& push) {
  if (json_text(json_member(push.payload, "status")) == "ok") return join();
  const std::string_view response = json_member(push.payload, "response");
  const std::string_view reason = json_member(response, "reason");
  std::string text =
      "the server refused to join " + printable(push.topic) + ": " +
      printable(reason.empty() ? std::string(response) : json_text(reason), kMostShown);
  if (options_.joining.empty()) text += " (--join says what it may want to know)";
  fail(Error(Fault::refused, std::move(text)));
}

Result<void> Phoenix::send(const Message& message, bool) {
  std::string event = message.event.empty() ? options_.event : message.event;
  const bool text = message.kind == PayloadKind::text && valid_utf8(message.payload);
  std::string json;
  if (event.empty() && text && is_json_array(message.payload) && is_json(message.payload)) {
    JsonParts parts(message.payload);
    const auto name = parts.next();
    const auto payload = parts.next();
    if (name && payload && parts.rest().empty() && is_json_string(name->value)) {
      event = json_text(name->value);
      json = payload->value;
    }
  }
  if (event.empty())
    return Error(Fault::usage,
                 "a message to a Phoenix channel needs an event: --event NAME, or a JSON array of "
                 "event and payload");
  if (event.size() > kMostName || !valid_utf8(event))
    return Error(Fault::usage, "no event can be called " + printable(event));
  const std::string ref = next_ref();
  if (text) {
    if (json.empty()) append_json_value(json, message.payload);
    say_push(kJoinRef, ref, options_.name.place, event, json);
    return {};
  }
  std::string out(1, kPush);
  const std::array<std::string_view, 4> names = {kJoinRef, ref, options_.name.place, event};
  for (const std::string_view name : names) out += static_cast<char>(name.size());
  for (const std::string_view name : names) out += name;
  say_bytes(out + message.payload);
  return {};
}

void Phoenix::beat(bool heard) {
  if (!beating_.empty() && !heard)
    return fail(Error(Fault::network, "the server has not answered Phoenix's heartbeat"));
  beating_ = next_ref();
  say_push({}, beating_, "phoenix", "heartbeat", "{}");
}

void Phoenix::leave() {
  if (state() == State::joined)
    say_push(kJoinRef, next_ref(), options_.name.place, "phx_leave", "{}");
}

}  // namespace rt
