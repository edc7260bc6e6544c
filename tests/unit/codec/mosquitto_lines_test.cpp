#include "codec/mosquitto_lines.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace rt;
using namespace std::string_literals;

namespace {

struct Row {
  bool sent;
  bool v5;
  std::string bytes;
  std::vector<std::string> lines;
};

std::vector<std::string> lines_of(MosquittoLines& lines, const Row& row) {
  std::vector<std::string> out;
  mqtt::PacketSplitter splitter(1 << 20);
  splitter.receive(row.bytes);
  while (const auto packet = splitter.next())
    lines.describe(row.sent, *packet, row.v5,
                   [&](const std::string& line) { out.push_back(line); });
  return out;
}

}  // namespace

TEST_CASE("packets in the words of Mosquitto's clients") {
  const std::string connect = "\x10\x0F\x00\x04MQTT\x04\x02\x00\x3C\x00\x03one"s;
  const Row rows[] = {
      {true,
       false,
       "\x10\x0C\x00\x04MQTT\x04\x02\x00\x3C\x00\x00"s,
       {"Client (null) sending CONNECT"}},
      {false, false, "\x20\x02\x00\x05"s, {"Client (null) received CONNACK (5)"}},
      {false,
       true,
       "\x20\x0A\x00\x00\x07\x22\x00\x0A\x12\x00\x01z"s,
       {"Client z received CONNACK (0)"}},
      {true, false, connect, {"Client one sending CONNECT"}},
      {true,
       false,
       "\x82\x0C\x00\x01\x00\x01"s + "a\x01\x00\x03"s + "b/#\x02"s,
       {"Client one sending SUBSCRIBE (Mid: 1, Topic: a, QoS: 1, Options: 0x00)",
        "Client one sending SUBSCRIBE (Mid: 1, Topic: b/#, QoS: 2, Options: 0x00)"}},
      {true,
       true,
       "\x82\x07\x00\x02\x00\x00\x01"s + "a\x29"s,
       {"Client one sending SUBSCRIBE (Mid: 2, Topic: a, QoS: 1, Options: 0x28)"}},
      {true,
       false,
       "\xA2\x05\x00\x03\x00\x01"s + "a",
       {"Client one sending UNSUBSCRIBE (Mid: 3, Topic: a)"}},
      {false, false, "\x90\x03\x00\x01\x00"s, {"Client one received SUBACK"}},
      {true,
       false,
       "\x31\x05\x00\x01"s + "axy",
       {"Client one sending PUBLISH (d0, q0, r1, m4, 'a', ... (2 bytes))"}},
      {true,
       false,
       "\x3A\x06\x00\x01"s + "a\x00\x09x"s,
       {"Client one sending PUBLISH (d1, q1, r0, m9, 'a', ... (1 bytes))"}},
      {false,
       false,
       "\x30\x04\x00\x01"s + "ax",
       {"Client one received PUBLISH (d0, q0, r0, m0, 'a', ... (1 bytes))"}},
      {false, false, "\x40\x02\x00\x09"s, {"Client one received PUBACK (Mid: 9, RC:0)"}},
      {false, true, "\x40\x03\x00\x09\x87"s, {"Client one received PUBACK (Mid: 9, RC:135)"}},
      {false, false, "\x50\x02\x00\x09"s, {"Client one received PUBREC (Mid: 9)"}},
      {true, false, "\x62\x02\x00\x09"s, {"Client one sending PUBREL (m9)"}},
      {false, false, "\x70\x02\x00\x09"s, {"Client one received PUBCOMP (Mid: 9, RC:0)"}},
      {true, false, "\x40\x02\x00\x09"s, {"Client one sending PUBACK (m9, rc0)"}},
      {true, false, "\x50\x02\x00\x09"s, {"Client one sending PUBREC (m9, rc0)"}},
      {false, false, "\x62\x02\x00\x09"s, {"Client one received PUBREL (Mid: 9)"}},
      {true, false, "\x70\x02\x00\x09"s, {"Client one sending PUBCOMP (m9)"}},
      {true, false, "\xC0\x00"s, {"Client one sending PINGREQ"}},
      {false, false, "\xD0\x00"s, {"Client one received PINGRESP"}},
      {true, false, "\xE0\x00"s, {"Client one sending DISCONNECT"}},
      {false, true, "\xE0\x01\x8E"s, {"Client one received DISCONNECT (142)"}},
      // Cut short, as nobody sends it.
      {true, false, "\x82\x03\x00\x01\x00"s, {}},
      {true, false, "\x30\x01\x00"s, {"Client one sending PUBLISH"}},
  };
  MosquittoLines lines;
  for (const Row& row : rows) {
    CAPTURE(row.lines.empty() ? std::string() : row.lines.front());
    CHECK(lines_of(lines, row) == row.lines);
  }
}
