#include "codec/recording.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "codec/recorded_facts.hpp"

namespace rt::recording {
namespace {

constexpr std::string_view kHead = R"({"v":1)";
// Of a line's other members. Each byte of a payload may take six.
constexpr std::size_t kMembers = 64u << 10;
constexpr std::size_t kLargestEscape = 6;

std::string_view name_of(RecordedSide side) {
  if (side == RecordedSide::unknown) return {};
  return side == RecordedSide::client ? "client" : "server";
}

// `,"at":1.234567`
void begin_line(std::string& out, Microseconds at) {
  const auto count = static_cast<std::uint64_t>(std::max<Microseconds::rep>(0, at.count()));
  std::string fraction = std::to_string(count % 1'000'000);
  fraction.insert(0, 6 - fraction.size(), '0');
  out += kHead;
  out += R"(,"at":)";
  out += std::to_string(count / 1'000'000) + "." + fraction;
}

void append_text(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ",\"";
  out += name;
  out += "\":";
  envelope::append_json_string(out, value);
}

void append_who(std::string& out, const Who& who) {
  append_text(out, "from", name_of(who.from));
  append_text(out, "end", who.end);
  if (who.client > 0) out += R"(,"client":)" + std::to_string(who.client);
  if (who.relayed) out += R"(,"relayed":true)";
}

Result<RecordedSide> side_of(const std::string& name) {
  if (name.empty()) return RecordedSide::unknown;
  if (name == "client") return RecordedSide::client;
  if (name == "server") return RecordedSide::server;
  return Error(Fault::usage, R"("from" must be "client" or "server")");
}

Result<RecordedLine::Kind> kind_of(const envelope::RecordedFacts& facts) {
  using Kind = RecordedLine::Kind;
  if (!facts.recording.empty()) return Kind::begin;
  if (facts.connection.empty()) return Kind::message;
  if (facts.connection == "opened") return Kind::opened;
  if (facts.connection == "closed") return Kind::closed;
  if (facts.connection == "failed") return Kind::failed;
  return Error(Fault::usage, R"("connection" must be "opened", "closed" or "failed")");
}

}  // namespace

void append(std::string& out, const Beginning& beginning) {
  begin_line(out, Microseconds(0));
  append_text(out, "recording", beginning.command);
  append_text(out, "version", beginning.version);
  append_text(out, "url", beginning.url);
  append_text(out, "time", format_time(beginning.time));
  out += "}\n";
}

void append(std::string& out, Microseconds at, const Who& who, const Message& message,
            std::string_view proto) {
  begin_line(out, at);
  append_who(out, who);
  // The envelope's own head has been written.
  const std::size_t begin = out.size();
  envelope::append(out, message, proto);
  out.erase(begin, kHead.size());
  out += '\n';
}

void append_opened(std::string& out, Microseconds at, const Who& who, const Opened& opened) {
  begin_line(out, at);
  append_text(out, "connection", "opened");
  append_who(out, who);
  append_text(out, "peer", opened.peer);
  append_text(out, "proto", opened.proto);
  append_text(out, "channel", opened.channel);
  out += "}\n";
}

void append_closed(std::string& out, Microseconds at, const Who& who,
                   std::optional<std::uint16_t> code, std::string_view reason) {
  begin_line(out, at);
  append_text(out, "connection", "closed");
  append_who(out, who);
  if (code) out += R"(,"code":)" + std::to_string(*code);
  append_text(out, "reason", reason);
  out += "}\n";
}

void append_failed(std::string& out, Microseconds at, const Who& who, std::string_view reason) {
  begin_line(out, at);
  append_text(out, "connection", "failed");
  append_who(out, who);
  append_text(out, "reason", reason);
  out += "}\n";
}

Decoder::Decoder(std::size_t max_message, std::uint64_t number, std::uint64_t offset)
    : max_message_(std::min(max_message, SIZE_MAX / 16)),
      max_line_(kLargestEscape * max_message_ + kMembers),
      number_(number),
      offset_(offset) {}

Error Decoder::fail(std::string_view what) const {
  return Error(Fault::usage, "line " + std::to_string(number_) + ": " + std::string(what));
}

Result<void> Decoder::receive(std::string_view bytes, std::vector<RecordedLine>& out) {
  for (;;) {
    const std::size_t end = bytes.find('\n');
    if (partial_.size() + std::min(end, bytes.size()) > max_line_) {
      ++number_;
      return fail("longer than --max-message allows");
    }
    if (end == std::string_view::npos) break;
    std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(end + 1);
    std::string whole;
    if (!partial_.empty()) {
      whole = std::exchange(partial_, {});
      line = whole += line;
    }
    offset_ += line.size() + 1;
    ++number_;
    if (auto taken = take(line, out); !taken) return taken;
  }
  partial_ += bytes;
  return {};
}

Result<void> Decoder::finish(std::vector<RecordedLine>& out) {
  if (partial_.empty()) return {};
  const std::string line = std::exchange(partial_, {});
  ++number_;
  offset_ += line.size();
  cut_ = !take(line, out);
  return {};
}

Result<void> Decoder::take(std::string_view line, std::vector<RecordedLine>& out) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (trim(line).empty()) return {};
  auto read_line = read(line);
  if (!read_line) return fail(read_line.error().text());
  if (!*read_line) return {};
  RecordedLine& taken = **read_line;
  if (taken.message && taken.message->payload.size() > max_message_)
    return fail("the message is longer than --max-message allows");
  taken.number = number_;
  taken.end = offset_;
  out.push_back(std::move(taken));
  return {};
}

Result<std::optional<RecordedLine>> Decoder::read(std::string_view text) {
  auto message = std::make_shared<Message>();
  envelope::RecordedFacts facts;
  if (auto done = reader_.read_recorded(text, *message, facts); !done) return done.error();
  const auto from = side_of(facts.from);
  if (!from) return from.error();
  const auto kind = kind_of(facts);
  if (!kind) return kind.error();
  if (message->gap) return std::optional<RecordedLine>();
  if (facts.one_of_several && !facts.connection.empty()) return std::optional<RecordedLine>();
  if (facts.code && (*facts.code < 1000 || *facts.code > 4999))
    return Error(Fault::usage, R"("code" must be between 1000 and 4999)");
  RecordedLine line;
  line.kind = *kind;
  line.at = facts.at;
  line.from = *from;
  line.relayed = facts.relayed;
  if (facts.code) line.code = static_cast<std::uint16_t>(*facts.code);
  line.reason = std::move(facts.reason);
  line.command = std::move(facts.recording);
  line.time = facts.received == WallTime{} ? message->time : facts.received;
  if (line.kind == RecordedLine::Kind::message) line.message = std::move(message);
  return std::optional(std::move(line));
}

}  // namespace rt::recording
