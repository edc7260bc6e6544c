#include "codec/dialect_stomp.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.hpp"
#include "codec/json_parts.hpp"

namespace rt {
namespace {

constexpr std::uint64_t kBeat = 10000;  // milliseconds that we offer and want
constexpr std::uint64_t kMostBeat = 24ull * 3600 * 1000;
constexpr std::string_view kSubscribed = "subscribed";
constexpr std::size_t kMostShown = 400;

bool is_own(std::string_view header) {
  constexpr std::array<std::string_view, 9> kOwn = {
      "destination", "message-id", "subscription", "content-type", "content-length",
      "ack",         "receipt",    "transaction",  "heart-beat"};
  return std::find(kOwn.begin(), kOwn.end(), header) != kOwn.end();
}

std::string shown(const StompFrame& frame) {
  std::string text(frame.header("message").value_or(""));
  if (text.empty() || text == frame.body)
    text = frame.body;
  else if (!trim(frame.body).empty())
    text += ": " + frame.body;
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return printable(text, kMostShown);
}

std::string written(const StompFrame& frame) {
  std::string out;
  append_stomp(out, frame);
  return out;
}

}  // namespace

Stomp::Stomp(const DialectOptions& options) : options_(options), reader_(options.most) {}

// Most brokers want no name of a host, and RabbitMQ takes it for that of a virtual host: "/" is
// the usual one there.
void Stomp::begin() {
  StompFrame connect{"CONNECT", {}, {}};
  const auto add = [&](std::string name, std::string value) {
    if (!connect.header(name)) connect.headers.emplace_back(std::move(name), std::move(value));
  };
  JsonParts parts(options_.joining);
  while (const auto part = parts.next())
    connect.headers.emplace_back(json_text('"' + std::string(part->name) + '"'),
                                 json_text(part->value));
  add("accept-version", "1.1,1.2");
  add("host", "/");
  add("heart-beat", std::to_string(kBeat) + "," + std::to_string(kBeat));
  if (!options_.user.empty()) {
    add("login", options_.user);
    add("passcode", options_.password);
  }
  // No escapes exist there.
  for (const auto& [name, value] : connect.headers)
    if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos ||
        name.find(':') != std::string::npos)
      return fail(Error(Fault::usage, "STOMP's CONNECT cannot have a line end in a header"));
  say_secret(written(connect));
}

void Stomp::receive(PayloadKind, std::string payload) {
  if (fault()) return;
  const Result<void> read = reader_.receive(payload);
  while (auto frame = reader_.next()) {
    if (!fault()) take(*std::move(frame));
  }
  if (!read) fail(read.error());
}

void Stomp::take(StompFrame frame) {
  if (frame.command == "ERROR") return take_error(frame);
  if (frame.command == "CONNECTED" && !connected_) return take_connected(frame);
  if (!connected_) return fail_protocol("answer to STOMP's CONNECT", frame.command);
  if (frame.command == "RECEIPT") return take_receipt(frame);
  if (frame.command == "MESSAGE") return take_message(std::move(frame));
  fail_protocol("frame of STOMP", frame.command);
}

void Stomp::take_connected(const StompFrame& frame) {
  connected_ = true;
  names_acks_ = frame.header("version").value_or("") == "1.2";
  agree_on_beats(frame.header("heart-beat").value_or("0,0"));
  if (!options_.reads) return join();
  say(written({"SUBSCRIBE",
               {{"id", "0"},
                {"destination", options_.name.place},
                {"ack", options_.acks ? "client-individual" : "auto"},
                {"receipt", std::string(kSubscribed)}},
               {}}));
}

void Stomp::agree_on_beats(std::string_view theirs) {
  const std::size_t comma = std::min(theirs.find(','), theirs.size());
  const auto number = [](std::string_view text) {
    return std::min(parse_uint(trim(text)).value_or(0), kMostBeat);
  };
  const std::uint64_t sends = number(theirs.substr(0, comma));
  const std::uint64_t wants = comma == theirs.size() ? 0 : number(theirs.substr(comma + 1));
  if (wants > 0) set_heartbeat(Milliseconds(std::max(wants, kBeat)));
  // A beat may be late.
  if (sends > 0) set_patience(Milliseconds(3 * std::max(sends, kBeat)));
}

void Stomp::take_receipt(const StompFrame& frame) {
  const std::string_view id = frame.header("receipt-id").value_or("");
  if (id == kSubscribed) return join();
  const auto number = parse_uint(id);
  if (number && *number > 0 && *number <= counted_) acknowledge(*number);
}

void Stomp::take_message(StompFrame frame) {
  // Some brokers send before they acknowledge the subscription.
  if (state() == State::opening) join();
  if (!options_.reads) return;
  Message message;
  message.payload = std::move(frame.body);
  message.kind = valid_utf8(message.payload) ? PayloadKind::text : PayloadKind::binary;
  message.guessed = true;
  message.content_type = frame.header("content-type").value_or("");
  message.id = frame.header("message-id").value_or("");
  const std::string ack(frame.header("ack").value_or(""));
  if (const auto destination = frame.header("destination"))
    message.channel = dialect_channel({DialectKind::stomp, std::string(*destination)});
  for (auto& [name, value] : frame.headers)
    if (!is_own(name)) message.properties.emplace_back(std::move(name), std::move(value));
  if (!fault_of_properties(message).empty()) message.properties.clear();
  if (options_.acks) unsettled_.emplace(++delivered_, names_acks_ ? ack : message.id);
  deliver(std::move(message));
}

void Stomp::settle(std::uint64_t number) {
  const auto found = unsettled_.find(number);
  if (found == unsettled_.end()) return;
  StompFrame frame{"ACK", {}, {}};
  if (names_acks_)
    frame.headers = {{"id", found->second}};
  else
    frame.headers = {{"subscription", "0"}, {"message-id", found->second}};
  say_frame(frame);
  unsettled_.erase(found);
}

void Stomp::say_frame(const StompFrame& frame) {
  std::string bytes = written(frame);
  if (valid_utf8(bytes))
    say(std::move(bytes));
  else
    say_bytes(std::move(bytes));
}

// Behind it the broker closes. While receipts are awaited it is the answer to what was sent, which
// would be refused again.
void Stomp::take_error(const StompFrame& frame) {
  const bool waits = acknowledged() < counted_;
  const bool refuses = state() == State::opening || waits;
  const std::string text =
      std::string(refuses ? "the broker refused: " : "the broker reports: ") + shown(frame);
  fail(Error(refuses ? Fault::refused : Fault::network, text));
}

Result<void> Stomp::send(const Message& message, bool counted) {
  StompFrame frame{"SEND", {{"destination", options_.name.place}}, message.payload};
  if (!message.content_type.empty())
    frame.headers.emplace_back("content-type", message.content_type);
  for (const auto& [name, value] : message.properties)
    if (!is_own(name) && !frame.header(name)) frame.headers.emplace_back(name, value);
  for (const auto& [name, value] : frame.headers)
    if ((name + value).find('\0') != std::string::npos)
      return Error(Fault::usage, "a header of STOMP cannot have a NUL");
  if (counted) frame.headers.emplace_back("receipt", std::to_string(++counted_));
  say_frame(frame);
  return {};
}

void Stomp::beat(bool) {
  say("\n");
}

std::optional<Error> Stomp::explain_close(std::uint16_t code, std::string_view) const {
  return closed_without_a_word(code);
}

void Stomp::leave() {
  if (connected_) say(written({"DISCONNECT", {}, {}}));
}

}  // namespace rt
