// The input is what a peer sent, as -v and -vv show it: as WebSocket frames, as MQTT packets and in
// hex. Whatever it is, a terminal obeys nothing of it. Then it is the secrets of a CONNECT, which
// are not shown at all, and a command line.
#include <string>

#include "codec/dump.hpp"
#include "codec/mqtt_describe.hpp"
#include "codec/mqtt_packet.hpp"
#include "codec/ws_describe.hpp"
#include "fuzz.hpp"
#include "model/command_words.hpp"

namespace {

using rt::fuzz::require;

void check_shown(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    require(c >= 0x20 && c != 0x7F);
    // U+0080 to U+009F.
    if (c == 0xC2) require(i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0);
  }
}

void check_frames(std::string_view stream) {
  std::uint64_t payloads = 0;
  rt::ws::for_each_frame(stream, [&](const rt::ws::FrameFacts& frame, std::string_view payload) {
    require(payload.size() <= frame.length && frame.opcode < 16);
    payloads += payload.size();
    check_shown(rt::ws::describe(frame, payload));
  });
  require(payloads <= stream.size());
}

void check_packets(std::string_view stream) {
  rt::mqtt::PacketSplitter splitter(1u << 16);
  splitter.receive(stream);
  while (const auto packet = splitter.next()) {
    for (const bool v5 : {false, true}) {
      check_shown(rt::mqtt::describe(*packet, v5));
      require(rt::mqtt::without_secrets(*packet, v5).size() == packet->bytes.size());
    }
  }
}

void check_hex(std::string_view bytes) {
  std::size_t lines = 0;
  rt::hex_dump(bytes, 0, [&](const std::string& line) {
    check_shown(line);
    ++lines;
  });
  const std::size_t whole = std::min(bytes.size(), rt::kMostDumped);
  require(lines == (whole + 15) / 16 + (bytes.size() > whole ? 1 : 0));
  check_shown(rt::excerpt(bytes));
}

// A CONNECT of MQTT 3.1.1 with a password.
void check_password(std::string_view password) {
  if (password.size() < 8 || password.size() > 60) return;
  const auto text = [](std::string_view field) {
    return std::string{'\0', static_cast<char>(field.size())} + std::string(field);
  };
  const std::string body =
      text("MQTT") + std::string("\4\xC0\0\x3C", 4) + text("id") + text("me") + text(password);
  const std::string bytes = std::string{'\x10', static_cast<char>(body.size())} + body;
  const rt::mqtt::Packet packet{rt::mqtt::PacketType::connect, 0, bytes,
                                std::string_view(bytes).substr(2)};
  const std::string hidden(password.size(), '*');
  require(rt::mqtt::without_secrets(packet, false) ==
          bytes.substr(0, bytes.size() - password.size() - 4) + "**" +
              bytes.substr(bytes.size() - password.size() - 2, 2) + hidden);
}

void check_command(std::string_view command) {
  const auto words = rt::split_command(command);
  if (!words) {
    require(words.error().fault() == rt::Fault::usage);
    return;
  }
  require(!words->empty());
  std::string again;
  for (const std::string& word : *words) {
    again += '\'';
    for (const char c : word)
      if (c == '\'')
        again += "'\\''";
      else
        again += c;
    again += "' ";
  }
  require(rt::split_command(again).ok() && *rt::split_command(again) == *words);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = rt::fuzz::text(data, size);
  check_frames(input);
  check_packets(input);
  check_hex(input);
  check_password(input);
  check_command(input);
  return 0;
}
