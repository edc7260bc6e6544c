#include "codec/dialect_socket_io.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "codec/json_parts.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostAttachments = 256;
constexpr std::uint64_t kMostPingTime = 24ull * 3600 * 1000;  // milliseconds
constexpr std::size_t kMostShown = 400;

// Engine.IO's packets, and in its messages Socket.IO's.
enum class Engine : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6'
};
enum class Socket : char {
  connect = '0',
  disconnect = '1',
  event = '2',
  ack = '3',
  connect_error = '4',
  binary_event = '5',
  binary_ack = '6'
};

constexpr std::string_view kDigits = "0123456789";

// Names that mean something else; a server cuts the connection for them.
bool is_reserved(std::string_view event) {
  constexpr std::array<std::string_view, 6> kReserved = {
      "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"};
  return std::find(kReserved.begin(), kReserved.end(), event) != kReserved.end();
}

Milliseconds time_of(std::string_view json, std::string_view name) {
  const auto value = parse_uint(json_member(json, name));
  return Milliseconds(std::min(value.value_or(0), kMostPingTime));
}

constexpr std::string_view kPlaceholder = R"({"_placeholder":true,"num":)";

constexpr std::string_view kFirstPlaceholder = R"({"_placeholder":true,"num":0})";

// In place of their placeholders, which no string of the text can contain: its quotes are escaped.
// Each is put in once: a short text must not become a long one.
std::string with_attachments(std::string_view json, const std::vector<std::string>& attachments) {
  std::string out;
  std::vector<bool> used(attachments.size());
  for (;;) {
    const std::size_t at = std::min(json.find(kPlaceholder), json.size());
    out += json.substr(0, at);
    json.remove_prefix(at);
    if (json.empty()) return out;
    const std::size_t end = std::min(json.find('}'), json.size() - 1);
    const auto number = parse_uint(json.substr(kPlaceholder.size(), end - kPlaceholder.size()));
    json.remove_prefix(end + 1);
    const bool known = number && *number < used.size() && !used[static_cast<std::size_t>(*number)];
    if (known) used[static_cast<std::size_t>(*number)] = true;
    out +=
        known ? '"' + base64_encode(attachments[static_cast<std::size_t>(*number)]) + '"' : "null";
  }
}

}  // namespace

SocketIo::SocketIo(const DialectOptions& options) : options_(options) {}

std::string SocketIo::packet(std::string_view type) const {
  std::string out = static_cast<char>(Engine::message) + std::string(type);
  if (options_.name.place != "/") out += options_.name.place + ",";
  return out;
}

void SocketIo::receive(PayloadKind kind, std::string payload) {
  if (fault() || state() == State::ended) return;
  if (kind == PayloadKind::binary) return take_attachment(std::move(payload));
  const std::string_view text = payload;
  const std::string_view rest = text.substr(std::min<std::size_t>(1, text.size()));
  const char type = text.empty() ? '\0' : text.front();
  if (!opened_ && type != static_cast<char>(Engine::open))
    return fail_protocol("opening of Engine.IO", text);
  switch (static_cast<Engine>(type)) {
    case Engine::open:
      return open(rest);
    case Engine::close:
      // Of the connection, not of the namespace: Socket.IO's clients come back.
      return fail(Error(Fault::network, "the server closed the connection"));
    case Engine::ping:
      return say(static_cast<char>(Engine::pong) + std::string(rest));
    case Engine::message:
      return take_packet(rest);
    case Engine::pong:
    case Engine::upgrade:
    case Engine::noop:
      return;
  }
  fail_protocol("packet of Engine.IO", text);
}

void SocketIo::open(std::string_view json) {
  if (opened_) return fail_protocol("packet to come twice", json);
  if (!is_json(json) || !is_json_object(json)) return fail_protocol("opening of Engine.IO", json);
  opened_ = true;
  // The server pings; so silence means that it is gone.
  set_patience(time_of(json, "pingInterval") + time_of(json, "pingTimeout"));
  std::string wish(1, static_cast<char>(Socket::connect));
  say_secret(packet(wish) + options_.joining);
}

void SocketIo::take_packet(std::string_view packet) {
  if (packet.empty()) return fail_protocol("packet of Socket.IO", packet);
  const auto type = static_cast<Socket>(packet.front());
  std::string_view rest = packet.substr(1);
  if (pending_) return fail_protocol("attachment that was announced", packet);
  if (type == Socket::binary_event || type == Socket::binary_ack)
    return take_attached(rest, type == Socket::binary_event);
  if (!take_namespace(rest)) return;
  switch (type) {
    case Socket::connect:
      return take_connect(rest);
    case Socket::disconnect:
      return end();
    case Socket::event:
      return take_event(rest, {});
    case Socket::connect_error:
      return take_refusal(rest);
    case Socket::ack:
      return take_ack(rest, {});
    case Socket::binary_event:
    case Socket::binary_ack:
      return;
  }
  fail_protocol("packet of Socket.IO", packet);
}

bool SocketIo::take_namespace(std::string_view& rest) const {
  std::string_view name = "/";
  if (rest.starts_with('/')) {
    name = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
  }
  return name == options_.name.place;
}

void SocketIo::take_attached(std::string_view rest, bool is_event) {
  const std::size_t digits = std::min(rest.find_first_not_of(kDigits), rest.size());
  const auto wanted = parse_uint(rest.substr(0, digits));
  if (!wanted || *wanted > kMostAttachments || !rest.substr(digits).starts_with('-'))
    return fail_protocol("packet with attachments", rest);
  Pending pending;
  pending.rest = rest.substr(digits + 1);
  pending.is_event = is_event;
  pending.wanted = static_cast<std::size_t>(*wanted);
  pending.bytes = pending.rest.size();
  pending_ = std::move(pending);
  if (*wanted > 0) return;
  pending_.reset();
  std::string_view plain = rest.substr(digits + 1);
  if (take_namespace(plain)) is_event ? take_event(plain, {}) : take_ack(plain, {});
}

void SocketIo::take_attachment(std::string bytes) {
  if (!pending_) return fail_protocol("attachment of a packet", bytes);
  pending_->bytes += bytes.size();
  if (pending_->bytes > options_.most)
    return fail(Error(Fault::protocol, "an event with its attachments is longer than " +
                                           std::to_string(options_.most) + " bytes")
                    .with_hint("--max-message")
                    .as_fatal());
  pending_->attachments.push_back(std::move(bytes));
  if (pending_->attachments.size() < pending_->wanted) return;
  const Pending whole = *std::exchange(pending_, std::nullopt);
  std::string_view rest = whole.rest;
  if (!take_namespace(rest)) return;
  whole.is_event ? take_event(rest, whole.attachments) : take_ack(rest, whole.attachments);
}

// Version 2's servers join everybody to "/" and say nothing with it.
void SocketIo::take_connect(std::string_view json) {
  if (json.empty())
    return fail(Error(Fault::protocol, "the server speaks Socket.IO 2, not 3 or later").as_fatal());
  if (!is_json(json)) return fail_protocol("packet of Socket.IO", json);
  join();
}

void SocketIo::take_refusal(std::string_view json) {
  const std::string_view message =
      is_json_object(json) ? json_member(json, "message") : std::string_view(json);
  std::string text = "the server refused: " + printable(json_text(message), kMostShown);
  if (const std::string_view data = json_member(json, "data"); !data.empty())
    text += " " + printable(data, kMostShown);
  if (options_.joining.empty()) text += " (--join says what it may want to know)";
  fail(Error(Fault::refused, std::move(text)));
}

void SocketIo::take_event(std::string_view rest, const std::vector<std::string>& attachments) {
  const std::size_t digits = std::min(rest.find_first_not_of(kDigits), rest.size());
  const std::string_view id = rest.substr(0, digits);
  const std::string_view json = rest.substr(digits);
  if (!is_json(json) || !is_json_array(json)) return fail_protocol("event of Socket.IO", rest);
  JsonParts parts(json);
  const auto name = parts.next();
  if (!name) return fail_protocol("event of Socket.IO", rest);
  if (!id.empty()) say(packet("3") + std::string(id) + "[]");
  take_arguments(json_text(name->value), parts, attachments);
}

void SocketIo::take_ack(std::string_view rest, const std::vector<std::string>& attachments) {
  const std::size_t digits = std::min(rest.find_first_not_of(kDigits), rest.size());
  const auto number = parse_uint(rest.substr(0, digits));
  const std::string_view json = rest.substr(digits);
  if (!number || !is_json(json) || !is_json_array(json))
    return fail_protocol("acknowledgement of Socket.IO", rest);
  if (*number == 0 || *number > counted_) return;
  acknowledge(*number);
  const JsonParts arguments(json);
  if (!arguments.rest().empty()) take_arguments("ack", arguments, attachments);
}

void SocketIo::take_arguments(std::string event, JsonParts arguments,
                              const std::vector<std::string>& attachments) {
  if (!options_.reads) return;
  Message message;
  message.event = std::move(event);
  const std::string_view all = arguments.rest();
  const auto first = arguments.next();
  const bool only = first && arguments.rest().empty();
  if (only && attachments.size() == 1 && first->value == kFirstPlaceholder) {
    message.payload = attachments.front();
    message.kind = PayloadKind::binary;
  } else if (only) {
    message.payload = json_text(with_attachments(first->value, attachments));
  } else if (first) {
    message.payload = "[" + with_attachments(all, attachments) + "]";
  }
  deliver(std::move(message));
}

Result<void> SocketIo::send(const Message& message, bool counted) {
  const std::string& event = message.event.empty() ? options_.event : message.event;
  const bool text = message.kind == PayloadKind::text && valid_utf8(message.payload);
  std::string json;
  std::string name = event;
  if (text && event.empty() && is_json_array(message.payload) && is_json(message.payload)) {
    const auto first = JsonParts(message.payload).next();
    if (first && is_json_string(first->value)) {
      name = json_text(first->value);
      json = message.payload;
    }
  }
  if (name.empty()) name = "message";
  if (is_reserved(name) || !valid_utf8(name))
    return Error(Fault::usage, "no event of Socket.IO can be called " + printable(name));
  if (json.empty()) {
    json = "[";
    append_json_quoted(json, name);
    json += ',';
    if (text)
      append_json_value(json, message.payload);
    else
      json += kFirstPlaceholder;
    json += ']';
  }
  const std::string id = counted && options_.acks ? std::to_string(++counted_) : std::string();
  say(packet(text ? "2" : "51-") + id + json);
  if (!text) say_bytes(message.payload);
  return {};
}

// Who means it says so before: a server that is restarted says nothing.
std::optional<Error> SocketIo::explain_close(std::uint16_t code, std::string_view) const {
  return closed_without_a_word(code);
}

void SocketIo::leave() {
  if (state() == State::joined) say(packet("1"));
}

}  // namespace rt
