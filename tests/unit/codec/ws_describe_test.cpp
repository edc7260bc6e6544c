#include "codec/ws_describe.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rt::ws;

namespace {

std::vector<std::string> described(std::string_view bytes) {
  std::vector<std::string> lines;
  for_each_frame(bytes, [&](const FrameFacts& frame, std::string_view payload) {
    lines.push_back(describe(frame, payload));
  });
  return lines;
}

std::string frame_of(Opcode opcode, std::string_view payload) {
  std::string out;
  append_frame(out, opcode, payload);
  return out;
}

}  // namespace

TEST_CASE("describe: what a frame is, its length and its beginning") {
  const struct {
    FrameFacts frame;
    std::string payload;
    std::string expected;
  } rows[] = {
      {{1, true, 5}, "hello", "text 5 \"hello\""},
      {{1, false, 5}, "hello", "text 5 fin=0 \"hello\""},
      {{0, true, 2}, "lo", "continuation 2 \"lo\""},
      {{2, true, 2}, std::string("\0\x1b", 2), "binary 2 \"\\x00\\x1B\""},
      {{1, true, 0}, "", "text 0"},
      {{1, false, 900, true, 31}, "hello", "text 900 compressed=31 fin=0 \"hello\""},
      {{9, true, 0}, "", "ping 0"},
      {{10, true, 2}, "rt", "pong 2 \"rt\""},
      {{8, true, 0}, "", "close"},
      {{8, true, 1}, "x", "close (its code is cut short)"},
      {{8, true, 2}, "\x03\xe8", "close 1000"},
      {{8, true, 5},
       "\x0f\xa8"
       "bye",
       "close 4008 \"bye\""},
      {{8, true, 4}, "\x03\xe8\x1b[", "close 1000 \"\\x1B[\""},
      {{3, true, 1}, "x", "opcode-3 1 \"x\""},
      {{1, true, 100000}, std::string(200, 'x'), "text 100000 \"" + std::string(60, 'x') + "...\""},
  };
  for (const auto& row : rows) CHECK(describe(row.frame, row.payload) == row.expected);
}

TEST_CASE("for_each_frame: unmasks, and takes one behind the other") {
  std::string bytes = frame_of(Opcode::text, "one");
  append_masked_frame(bytes, Opcode::ping, "rt", 0xDEADBEEF);
  append_masked_message(bytes, Opcode::binary, std::string(300, 'b'), 0x01020304);
  bytes += frame_of(Opcode::close, "\x03\xe8");
  CHECK(described(bytes) ==
        std::vector<std::string>{"text 3 \"one\"", "ping 2 \"rt\"",
                                 "binary 300 \"" + std::string(60, 'b') + "...\"", "close 1000"});
}

TEST_CASE("for_each_frame: fragments") {
  std::string bytes;
  append_masked_message(bytes, Opcode::text, std::string(kFragment + 4, 'x'), 7);
  const auto lines = described(bytes);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("text 32768 fin=0 \"xxx"));
  CHECK(lines[1] == "continuation 4 \"xxxx\"");
}

TEST_CASE("for_each_frame: cut at every byte it reads nothing that is not there") {
  std::string whole;
  append_masked_frame(whole, Opcode::text, "hello there", 0x11223344);
  append_masked_message(whole, Opcode::binary, std::string(70000, 'x').substr(0, 200), 3);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string part(whole, 0, size);
    std::size_t payload_bytes = 0;
    for_each_frame(part, [&](const FrameFacts&, std::string_view payload) {
      payload_bytes += payload.size();
    });
    CHECK(payload_bytes <= size);
  }
}
