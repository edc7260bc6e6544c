#include "codec/mqtt_packet.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using namespace rt;
using namespace rt::mqtt;
using namespace std::string_literals;

namespace {

constexpr std::size_t kMost = 1000;

struct Outcome {
  std::vector<std::string> packets;
  std::string error;
};

Outcome split(std::string_view stream, std::size_t piece, std::size_t most = kMost) {
  PacketSplitter splitter(most);
  Outcome out;
  while (!stream.empty()) {
    const std::string part(stream.substr(0, piece));
    stream.remove_prefix(part.size());
    splitter.receive(part);
    while (const auto packet = splitter.next()) out.packets.emplace_back(packet->bytes);
    if (!splitter.status()) {
      out.error = splitter.status().error().text();
      break;
    }
  }
  return out;
}

std::string publish(std::size_t payload) {
  const std::size_t length = payload + 3;
  std::string out = "\x30";
  std::size_t rest = length;
  do {
    out += static_cast<char>((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return out + "\0\1t"s + std::string(payload, 'x');
}

}  // namespace

TEST_CASE("a stream gives the same packets however it is cut") {
  const std::vector<std::string> packets = {"\xD0\0"s,    "\x20\2\0\0"s, publish(0),
                                            publish(124), publish(125),  "\x40\2\0\7"s,
                                            publish(600), "\xE0\0"s,     publish(900)};
  std::string stream;
  for (const std::string& packet : packets) stream += packet;
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    CAPTURE(piece);
    const Outcome got = split(stream, piece);
    CHECK(got.packets == packets);
    CHECK(got.error == "");
  }
}

TEST_CASE("packets that came whole lie one behind the other in what was received") {
  const std::string stream = publish(5) + "\x40\2\0\7"s + publish(9) + "\x30"s;
  PacketSplitter splitter(kMost);
  splitter.receive(stream);
  const char* at = stream.data();
  while (const auto packet = splitter.next()) {
    CHECK(packet->bytes.data() == at);
    at += packet->bytes.size();
  }
  CHECK(at == stream.data() + stream.size() - 1);
}

TEST_CASE("what cannot be a packet is an error, after the packets before it") {
  struct Row {
    std::string bytes;
    std::string error;
  };
  const Row rows[] = {
      {"\0\0"s, "not MQTT: no packet begins so"},
      {"HTTP/1.1 400"s, ""},  // a PUBREL... of 84 bytes: nothing tells yet
      {"\x30\x80\x80\x80\x80\1"s, "length is malformed"},
      {"\x30\xFF\xFF\xFF\xFF"s, "length is malformed"},
      {"\x20\xFF\xFF\xFF\x7F"s, "too large"},
      {"\x90\xE6\x07"s, "too large"},
      {"\x90\xE5\x07"s, ""},
  };
  for (const Row& row : rows) {
    const std::string stream = "\xD0\0"s + row.bytes;
    for (std::size_t piece = 1; piece <= std::min<std::size_t>(stream.size(), 20); ++piece) {
      CAPTURE(row.error);
      CAPTURE(piece);
      const Outcome got = split(stream, piece);
      REQUIRE(!got.packets.empty());
      CHECK(got.packets.front() == "\xD0\0"s);
      if (row.error.empty())
        CHECK(got.error == "");
      else
        CHECK(got.error.find(row.error) != std::string::npos);
    }
  }
}

TEST_CASE("of a message that is too large the beginning is left, however it is cut") {
  struct Row {
    std::string bytes;
    std::optional<std::uint16_t> id;
  };
  const std::string large = publish(kMost - 5);
  std::string with_id = large;
  with_id[0] = '\x34';
  with_id[6] = '\1';
  with_id[7] = '\2';
  std::string long_topic = with_id;
  long_topic[3] = '\3';
  long_topic[4] = '\x84';  // 900 bytes
  std::string too_long_topic = with_id;
  too_long_topic[3] = '\xFF';
  const Row rows[] = {{large, std::nullopt},
                      {with_id, 0x0102},
                      {long_topic, 0x7878},
                      {too_long_topic, std::nullopt}};
  for (const Row& row : rows) {
    const std::string stream = "\xD0\0"s + row.bytes + row.bytes + publish(3);
    for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
      CAPTURE(piece);
      PacketSplitter splitter(kMost);
      std::vector<std::size_t> sizes;
      for (std::size_t at = 0; at < stream.size(); at += piece) {
        const std::string part = stream.substr(at, piece);
        splitter.receive(part);
        while (const auto packet = splitter.next()) {
          sizes.push_back(packet->bytes.size() + packet->omitted);
          if (packet->bytes.size() + packet->omitted != row.bytes.size()) continue;
          CHECK(packet_id(*packet) == row.id);
          CHECK(row.bytes.rfind(packet->bytes, 0) == 0);
        }
      }
      CHECK(splitter.status().ok());
      CHECK(sizes ==
            std::vector<std::size_t>{2, row.bytes.size(), row.bytes.size(), publish(3).size()});
    }
  }
}

TEST_CASE("packet identifiers and reason codes") {
  struct Row {
    std::string bytes;
    std::optional<std::uint16_t> id;
    int reason;
  };
  const Row rows[] = {
      {"\x40\2\x12\x34"s, 0x1234, 0},
      {"\x40\3\0\1\x87"s, 1, 0x87},
      {"\x50\4\0\2\x97\0"s, 2, 0x97},
      {"\x62\2\0\3"s, 3, 0},
      {"\x70\1\0"s, std::nullopt, 0},
      {"\x20\2\1\5"s, std::nullopt, 5},
      {"\xE0\0"s, std::nullopt, 0},
      {"\xE0\1\x8E"s, std::nullopt, 0x8E},
      {"\x30\5\0\1tab"s, std::nullopt, -1},
      {"\x32\7\0\1t\1\2xy"s, 0x0102, -1},
      {"\x34\5\0\1t\1\2"s, 0x0102, -1},
      {"\x32\4\0\1t\1"s, std::nullopt, -1},
      {"\x32\4\0\x09tt"s, std::nullopt, -1},
      {"\x32\1\0"s, std::nullopt, -1},
      {"\x90\3\0\7\0"s, 7, -1},
  };
  for (const Row& row : rows) {
    PacketSplitter splitter(kMost);
    splitter.receive(row.bytes);
    const auto packet = splitter.next();
    REQUIRE(packet);
    CHECK(packet_id(*packet) == row.id);
    if (row.reason >= 0) CHECK(reason_code(*packet) == row.reason);
  }
}

TEST_CASE("acknowledgements") {
  std::string out;
  append_acknowledgement(out, PacketType::puback, 0x1234);
  append_acknowledgement(out, PacketType::pubrec, 1);
  append_acknowledgement(out, PacketType::pubrel, 2);
  append_acknowledgement(out, PacketType::pubcomp, 0xFFFF);
  CHECK(out == "\x40\2\x12\x34\x50\2\0\1\x62\2\0\2\x70\2\xFF\xFF"s);
}
