#include "codec/ws_frame.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

using namespace rt::ws;

namespace {

struct Frame {
  bool fin = false;
  unsigned opcode = 0;
  bool masked = false;
  std::string key;
  std::string payload;
};

// A plain reading of RFC 6455 section 5.2, byte by byte.
std::vector<Frame> parse(const std::string& bytes) {
  std::vector<Frame> frames;
  std::size_t i = 0;
  const auto next = [&] { return static_cast<unsigned char>(bytes.at(i++)); };
  while (i < bytes.size()) {
    Frame frame;
    const unsigned first = next();
    REQUIRE((first & 0x70) == 0);
    frame.fin = (first & 0x80) != 0;
    frame.opcode = first & 0x0F;
    const unsigned second = next();
    frame.masked = (second & 0x80) != 0;
    std::uint64_t size = second & 0x7F;
    if (size >= 126) {
      const int length_bytes = size == 126 ? 2 : 8;
      size = 0;
      for (int k = 0; k < length_bytes; ++k) size = size << 8 | next();
      CHECK(size > (length_bytes == 2 ? 125u : 0xFFFFu));
    }
    if (frame.masked) {
      frame.key = bytes.substr(i, 4);
      i += 4;
    }
    for (std::uint64_t k = 0; k < size; ++k) {
      const auto c = static_cast<char>(next());
      frame.payload += frame.masked ? static_cast<char>(c ^ frame.key[k % 4]) : c;
    }
    frames.push_back(frame);
  }
  return frames;
}

std::string pattern(std::size_t size) {
  std::string out(size, '\0');
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 7 + (i >> 8));
  return out;
}

}  // namespace

TEST_CASE("the examples of RFC 6455 section 5.7") {
  std::string out;
  SUBCASE("a single-frame unmasked text message") {
    append_message(out, Opcode::text, "Hello");
    CHECK(out == "\x81\x05Hello");
  }
  SUBCASE("a single-frame masked text message") {
    append_masked_message(out, Opcode::text, "Hello", 0x37fa213d);
    CHECK(out == "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  }
  SUBCASE("an unmasked ping and a masked pong") {
    append_frame(out, Opcode::ping, "Hello");
    append_masked_frame(out, Opcode::pong, "Hello", 0x37fa213d);
    CHECK(out == "\x89\x05Hello\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
  }
  SUBCASE("256 bytes of binary data") {
    append_message(out, Opcode::binary, pattern(256));
    CHECK(out == std::string("\x82\x7E\x01\x00", 4) + pattern(256));
  }
  SUBCASE("64 KiB of binary data in one frame") {
    append_frame(out, Opcode::binary, pattern(65536));
    CHECK(out == std::string("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10) + pattern(65536));
  }
}

TEST_CASE("all length forms, masked and not") {
  for (const std::size_t size : {0u, 1u, 124u, 125u, 126u, 127u, 65535u, 65536u, 65537u}) {
    CAPTURE(size);
    const std::size_t length_bytes = size <= 125 ? 0 : size <= 0xFFFF ? 2 : 8;
    std::string out = "kept";
    append_frame(out, Opcode::binary, pattern(size));
    CHECK(out.size() == 4 + 2 + length_bytes + size);
    CHECK(out.starts_with("kept"));
    auto frames = parse(out.substr(4));
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].fin);
    CHECK_FALSE(frames[0].masked);
    CHECK(frames[0].opcode == 2);
    CHECK(frames[0].payload == pattern(size));

    out.clear();
    append_masked_frame(out, Opcode::text, pattern(size), 0xA1B2C3D4);
    CHECK(out.size() == 2 + length_bytes + 4 + size);
    frames = parse(out);
    REQUIRE(frames.size() == 1);
    CHECK(frames[0].masked);
    CHECK(frames[0].key == "\xA1\xB2\xC3\xD4");
    CHECK(frames[0].payload == pattern(size));
  }
}

TEST_CASE("long messages are fragmented") {
  struct Row {
    std::size_t size;
    std::vector<std::size_t> fragments;
  };
  const std::vector<Row> rows = {
      {0, {0}},
      {kFragment - 1, {kFragment - 1}},
      {kFragment, {kFragment}},
      {kFragment + 1, {kFragment, 1}},
      {2 * kFragment, {kFragment, kFragment}},
      {2 * kFragment + 5, {kFragment, kFragment, 5}},
  };
  for (const Row& row : rows) {
    for (const bool masked : {false, true}) {
      CAPTURE(row.size);
      CAPTURE(masked);
      std::string out;
      if (masked)
        append_masked_message(out, Opcode::text, pattern(row.size), 0x01020304);
      else
        append_message(out, Opcode::text, pattern(row.size));
      const auto frames = parse(out);
      REQUIRE(frames.size() == row.fragments.size());
      std::string joined;
      for (std::size_t i = 0; i < frames.size(); ++i) {
        CHECK(frames[i].fin == (i + 1 == frames.size()));
        CHECK(frames[i].opcode == (i == 0 ? 1u : 0u));
        CHECK(frames[i].masked == masked);
        CHECK(frames[i].payload.size() == row.fragments[i]);
        // RFC 6455 section 5.3: a fresh key for each frame.
        if (i > 0 && masked) CHECK(frames[i].key != frames[i - 1].key);
        joined += frames[i].payload;
      }
      if (masked) CHECK(frames[0].key == "\x01\x02\x03\x04");
      CHECK(joined == pattern(row.size));
    }
  }
}

TEST_CASE("a control frame carries at most 125 bytes") {
  for (const Opcode opcode : {Opcode::close, Opcode::ping, Opcode::pong}) {
    std::string out;
    append_frame(out, opcode, pattern(126));
    append_masked_frame(out, opcode, pattern(4000), 7);
    const auto frames = parse(out);
    REQUIRE(frames.size() == 2);
    for (const Frame& frame : frames) {
      CHECK(frame.fin);
      CHECK(frame.payload == pattern(125));
    }
  }
}

TEST_CASE("frame_length needs the whole header and nothing more") {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 70000u}) {
    for (const bool masked : {false, true}) {
      CAPTURE(size);
      CAPTURE(masked);
      std::string frame;
      if (masked)
        append_masked_frame(frame, Opcode::binary, pattern(size), 0xFFFFFFFF);
      else
        append_frame(frame, Opcode::binary, pattern(size));
      const std::size_t header = frame.size() - size;
      for (std::size_t n = 0; n < header; ++n) CHECK(frame_length(frame.substr(0, n)) == 0);
      CHECK(frame_length(frame.substr(0, header)) == frame.size());
      CHECK(frame_length(frame) == frame.size());
      CHECK(frame_length(frame + "next") == frame.size());
    }
  }
}

TEST_CASE("frame_length of a hostile length does not wrap around") {
  constexpr std::size_t kLargest = std::numeric_limits<std::size_t>::max();
  const std::string all_ones = std::string("\x82\x7F") + std::string(8, '\xFF');
  CHECK(frame_length(all_ones) == kLargest);
  const std::string masked = std::string("\x82\xFF") + std::string(8, '\xFF') + "keys";
  CHECK(frame_length(masked) == kLargest);
  const std::string almost = std::string("\x82\x7F") + std::string(7, '\xFF') + '\xF0';
  CHECK(frame_length(almost) == kLargest - 15 + 10);
}

TEST_CASE("frames go to a socket whole") {
  std::string frames;
  append_frame(frames, Opcode::text, pattern(8));             // 10 bytes
  append_frame(frames, Opcode::binary, pattern(18));          // 20
  append_masked_frame(frames, Opcode::text, pattern(24), 7);  // 30
  const struct {
    std::size_t most;
    std::size_t taken;
  } rows[] = {
      {0, 10}, {9, 10}, {10, 10}, {29, 10}, {30, 30}, {59, 30}, {60, 60}, {1000, 60},
  };
  for (const auto& row : rows) {
    CAPTURE(row.most);
    CHECK(whole_frames(frames, row.most) == row.taken);
  }
  CHECK(whole_frames({}, 10) == 0);
  // What are no frames, as a whole: nothing waits for ever.
  for (const std::string_view bytes : {"\x81", "\x82\x7F\xFF\xFF"})
    CHECK(whole_frames(bytes, 0) == bytes.size());
}

TEST_CASE("a close frame's payload") {
  const struct {
    std::uint16_t code;
    std::string reason;
    std::string payload;
  } rows[] = {
      {1000, "", std::string("\x03\xE8", 2)},
      {4008, "bye",
       "\x0F\xA8"
       "bye"},
      {65535, "", "\xFF\xFF"},
      {1001, std::string(123, 'r'), "\x03\xE9" + std::string(123, 'r')},
      {1001, std::string(200, 'r'), "\x03\xE9" + std::string(123, 'r')},
      {1001, std::string(122, 'r') + "\u00e4", "\x03\xE9" + std::string(122, 'r')},
      {1001, std::string(120, 'r') + "\U0001F600", "\x03\xE9" + std::string(120, 'r')},
      {1001, "a\xFF",
       "\x03\xE9"
       "a"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.reason);
    CHECK(close_payload(row.code, row.reason) == row.payload);
  }
}

TEST_CASE("masking at every alignment and length") {
  const std::string key = "\x12\x34\x56\x78";
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t size = 0; size < 40; ++size) {
      CAPTURE(offset);
      CAPTURE(size);
      const std::string before = pattern(64);
      std::string bytes = before;
      mask(bytes.data() + offset, size, 0x12345678);
      std::string expected = before;
      for (std::size_t i = 0; i < size; ++i)
        expected[offset + i] = static_cast<char>(expected[offset + i] ^ key[i % 4]);
      CHECK(bytes == expected);
      mask(bytes.data() + offset, size, 0x12345678);
      CHECK(bytes == before);
    }
  }
}
