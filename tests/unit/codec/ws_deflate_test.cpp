#include "codec/ws_deflate.hpp"

#include <doctest/doctest.h>

#include <string>

#include "base/random.hpp"

namespace rt::ws {
namespace {

// What comes out of a message that is given in pieces of so many bytes, with room for so many at a
// time; "broken".
std::string inflated(Inflater& inflater, std::string_view message, std::size_t piece,
                     std::size_t room_size) {
  std::string out;
  std::string room(room_size, '\0');
  const auto take = [&](std::string_view input) {
    for (;;) {
      std::span<char> place(room);
      if (!inflater.receive(input, place)) return false;
      out.append(room.data(), room.size() - place.size());
      if (!place.empty()) return input.empty();
    }
  };
  while (!message.empty()) {
    if (!take(message.substr(0, piece))) return "broken";
    message.remove_prefix(std::min(piece, message.size()));
  }
  if (!take(inflater.tail()) || !inflater.end_message()) return "broken";
  return out;
}

std::string bytes(std::initializer_list<unsigned> values) {
  std::string out;
  for (const unsigned value : values) out += static_cast<char>(value);
  return out;
}

TEST_CASE("the examples of RFC 7692, section 7.2.3, and what is broken") {
  const struct {
    std::string message;
    std::string inflated;
  } rows[] = {
      {bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), "Hello"},
      {bytes({0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00}), "Hello"},
      {bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}), "Hello"},
      {bytes({0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00}),
       "Hello"},
      {bytes({0x00}), ""},
      // Without the byte that should come behind a last block; and several last blocks.
      {bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), "Hello"},
      {bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00,
              0x00}),
       "HelloHello"},
      // A last block, and one that refers to what was in it.
      {bytes({0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x02, 0x13, 0x00, 0x00}), "HelloHello"},
      {"", ""},
      {bytes({0x06}), "broken"},                                // a block of no kind
      {bytes({0x00, 0x05, 0x00, 0x00, 0x00}), "broken"},        // lengths that differ
      {bytes({0x00, 0x09, 0x00, 0xf6, 0xff, 0x48}), "broken"},  // the end within a block
      {bytes({0xf2, 0x48, 0xcd}), "broken"},
      {bytes({0x02, 0x13, 0x00, 0x00}), "broken"},  // refers to before the beginning
  };
  for (const auto& row : rows) {
    CAPTURE(row.message.size());
    for (const std::size_t piece : {1u, 2u, 3u, 100u}) {
      for (const std::size_t room : {1u, 3u, 100u}) {
        CAPTURE(piece);
        CAPTURE(room);
        Inflater inflater(15);
        CHECK(inflated(inflater, row.message, piece, room) == row.inflated);
        inflater.reset();
        CHECK(inflated(inflater, rows[0].message, piece, room) == "Hello");
      }
    }
  }
}

TEST_CASE("the window is shared by the messages, until it is forgotten") {
  const std::string first = bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00});
  const std::string second = bytes({0xf2, 0x00, 0x11, 0x00, 0x00});
  for (const std::size_t piece : {1u, 100u}) {
    Inflater inflater(15);
    CHECK(inflated(inflater, first, piece, 100) == "Hello");
    CHECK(inflated(inflater, second, piece, 100) == "Hello");
    CHECK(inflated(inflater, second, piece, 1) == "Hello");
    inflater.reset();
    CHECK(inflated(inflater, second, piece, 100) == "broken");
  }
}

// Text that repeats what was long before, and noise.
std::string sample(Random& random, std::size_t size) {
  std::string out;
  while (out.size() < size) {
    const std::uint64_t choice = random.next();
    const std::size_t back = choice >> 8 & 0x3FFF;
    if (choice % 4 == 0)
      out += static_cast<char>(choice >> 32);
    else if (back < out.size())
      out += out.substr(out.size() - 1 - back, 3 + (choice >> 40) % 300);
    else
      out += "some words ";
  }
  out.resize(size);
  return out;
}

TEST_CASE("every window, with context takeover and without, is read with no more than that") {
  Random random(7);
  for (std::uint8_t bits = 8; bits <= 15; ++bits) {
    CAPTURE(int{bits});
    for (const bool fresh : {false, true}) {
      CAPTURE(fresh);
      Deflater deflater(bits);
      Inflater inflater(bits);
      for (const std::size_t size : {0u, 0u, 1u, 5u, 100u, 300u, 5000u, 0u, 70'000u, 3u, 40'000u}) {
        const std::string message = sample(random, size);
        std::string compressed;
        deflater.append(compressed, message, fresh);
        CHECK((size == 0 ? compressed == std::string(1, '\0') : true));
        if (size >= 5000) CHECK(compressed.size() < size / 2);
        if (fresh) inflater.reset();
        // With room for one byte, nothing is there to refer to but the window.
        REQUIRE(inflated(inflater, compressed, 1000, 1) == message);
      }
    }
  }
}

TEST_CASE("a fresh message can be read with any context, and those behind it, too") {
  Random random(8);
  Deflater deflater(15);
  Inflater all(15);
  Inflater late(15);
  const std::string shared = sample(random, 3000);
  for (int i = 0; i < 6; ++i) {
    std::string compressed;
    deflater.append(compressed, shared, i == 3);
    CHECK(inflated(all, compressed, 100, 100) == shared);
    if (i >= 3) CHECK(inflated(late, compressed, 100, 100) == shared);
  }
}

TEST_CASE("contexts are used again, without what was in them") {
  DeflateContexts contexts;
  std::unique_ptr<Inflater> inflater = contexts.take_inflater(15);
  Inflater* const same = inflater.get();
  CHECK(inflated(*inflater, bytes({0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}), 9, 9) == "Hello");
  contexts.give_back(std::move(inflater), 15);
  inflater = contexts.take_inflater(15);
  CHECK(inflater.get() == same);
  CHECK(inflated(*inflater, bytes({0xf2, 0x00, 0x11, 0x00, 0x00}), 9, 9) == "broken");
  std::unique_ptr<Inflater> other = contexts.take_inflater(15);
  CHECK(other.get() != same);
  contexts.give_back(contexts.take_inflater(9), 9);
  contexts.give_back(contexts.take_deflater(15), 15);
}

}  // namespace
}  // namespace rt::ws
