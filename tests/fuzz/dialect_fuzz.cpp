// The first byte chooses a dialect and who reads; then come steps, each a byte and a line: text or
// bytes that come, something to send, a heartbeat. The whole input is also read as JSON and as a
// stream of STOMP, cut where its first byte says, and as a body of Engine.IO.
#include "codec/dialect.hpp"

#include <string>
#include <vector>

#include "base/text.hpp"
#include "codec/engine_io.hpp"
#include "codec/json_parts.hpp"
#include "codec/stomp_frame.hpp"
#include "fuzz.hpp"

namespace {

using rt::fuzz::require;

void check_json(std::string_view text) {
  rt::JsonParts parts(text);
  const bool json = rt::is_json(text);
  std::size_t count = 0;
  while (const auto part = parts.next()) {
    require(++count <= text.size());
    if (json) require(rt::is_json(part->value));
  }
  static_cast<void>(rt::json_member(text, "type"));
  if (!rt::valid_utf8(text)) return;
  std::string value;
  rt::append_json_value(value, text);
  require(rt::is_json(value));
  require(rt::valid_utf8(rt::json_text(value)));
}

std::vector<rt::StompFrame> frames_of(std::string_view first, std::string_view second, bool& good) {
  rt::StompReader reader(1000);
  std::vector<rt::StompFrame> out;
  good = true;
  for (const std::string_view piece : {first, second}) {
    if (good) good = reader.receive(piece).ok();
    while (auto frame = reader.next()) out.push_back(*std::move(frame));
  }
  return out;
}

void check_stomp(std::string_view stream, std::size_t cut) {
  bool whole = false;
  bool in_two = false;
  const auto frames = frames_of(stream, {}, whole);
  require(frames_of(stream.substr(0, cut), stream.substr(cut), in_two) == frames);
  require(whole == in_two);
  for (const rt::StompFrame& frame : frames) {
    require(frame.body.size() <= 1000);
    // A name with a colon, a line end or another length cannot be written in every frame.
    if (frame.command == "CONNECTED" || frame.header("content-length")) continue;
    if (frame.command.find_first_of("\r\n") != std::string::npos || frame.command == "CONNECT")
      continue;
    std::string bytes;
    rt::append_stomp(bytes, {frame.command, frame.headers, "x"});
    const auto again = frames_of(bytes, {}, whole);
    require(whole && again.size() == 1 && again.front().headers == frame.headers);
  }
}

void check_engine_io(std::string_view body) {
  std::string again;
  std::vector<rt::DialectFrame> packets;
  std::string_view rest = body;
  while (!rest.empty()) {
    auto packet = rt::take_engine_io_packet(rest);
    if (!packet) return;
    packets.push_back(*std::move(packet));
  }
  static_cast<void>(rt::read_engine_io_opening(body));
  for (const rt::DialectFrame& packet : packets) {
    // Behind an empty one there is nothing to part it from.
    if (packet.payload.empty()) return;
    rt::append_engine_io_packet(again, packet);
  }
  require(again == body || again + '\x1e' == body);
}

rt::DialectOptions options_of(std::uint8_t choice) {
  constexpr const char* kNames[] = {"socket.io", "socket.io:/a", "graphql-ws", "phoenix:a",
                                    "stomp:/a"};
  rt::DialectOptions options;
  options.name = *rt::DialectName::parse(kNames[choice % 5]);
  options.acks = (choice & 0x10) != 0;
  options.reads = (choice & 0x20) == 0;
  options.most = 1000;
  if ((choice & 0x40) != 0) options.event = "e";
  if ((choice & 0x80) != 0) options.joining = R"({"a":"b"})";
  return options;
}

void check_dialect(std::string_view input) {
  const auto choice = static_cast<std::uint8_t>(rt::fuzz::take_number(input, 1));
  const rt::DialectOptions options = options_of(choice);
  const auto dialect = rt::make_dialect(options);
  dialect->begin();
  std::uint64_t sent = 0;
  while (!input.empty() && !dialect->fault()) {
    const char step = rt::fuzz::take(input, 1).front();
    const std::string line(rt::fuzz::take_line(input));
    rt::Message message;
    message.payload = line;
    if (step == 's' && dialect->state() == rt::Dialect::State::joined) {
      if (dialect->send(message, true)) ++sent;
    } else if (step == 'h') {
      dialect->beat(line.empty());
    } else if (step == 'a') {
      dialect->settle(line.size());
    } else if (step == 'b') {
      dialect->receive(rt::PayloadKind::binary, line);
    } else if (rt::valid_utf8(line)) {
      dialect->receive(rt::PayloadKind::text, line);
    }
    require(dialect->acknowledged() <= sent);
    for (const rt::DialectFrame& frame : dialect->take_frames())
      if (frame.kind == rt::PayloadKind::text) require(rt::valid_utf8(frame.payload));
    const auto messages = dialect->take_messages();
    if (!options.reads) require(messages.empty());
    for (const rt::Message& one : messages)
      if (one.kind == rt::PayloadKind::text) require(rt::valid_utf8(one.payload));
  }
  dialect->leave();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = rt::fuzz::text(data, size);
  check_json(input);
  check_stomp(input, size == 0 ? 0 : data[0] % (size + 1));
  check_engine_io(input);
  check_dialect(input);
  return 0;
}
