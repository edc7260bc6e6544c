// Lengths, pings and pongs, reserved bits, opcodes and fragments, as the public Autobahn suite
// tries them (its cases 1 to 5), for both roles.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/codec/ws_session_table.hpp"

namespace rt::ws {
namespace {

const std::string kReserved = "| close 1002 a frame with reserved bits; | closing";
const std::string kUnknown = "| close 1002 a frame with an unknown opcode; | closing";
const std::string kNothing = "| close 1002 a continuation of no message; | closing";
const std::string kFragmented = "| close 1002 a fragmented control frame; | closing";

TEST_CASE("1: messages of all lengths that are written in another way") {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 128u, 65535u, 65536u, 65537u}) {
    CAPTURE(size);
    const std::string text(size, '*');
    const std::string binary(size, '\xFE');
    check_rows({{{{0x81, text}}, "text " + text + "; | | open"},
                {{{0x82, binary}}, "binary " + binary + "; | | open"}});
  }
}

TEST_CASE("2: pings and pongs") {
  const std::string bytes = hex_bytes("00 ff fe fd fc fb 00 ff");
  const std::string longest(125, '\xFE');
  SessionRow many;
  std::string pongs;
  for (int i = 0; i < 10; ++i) {
    const std::string payload = "payload-" + std::to_string(i);
    many.frames.push_back({0x89, payload});
    many.said += "ping " + payload + "; ";
    pongs += "pong " + payload + "; ";
  }
  many.said += "| " + pongs + "| open";
  check_rows({
      {{{0x89}}, "ping ; | pong ; | open"},
      {{{0x89, "Hello, world!"}}, "ping Hello, world!; | pong Hello, world!; | open"},
      {{{0x89, bytes}}, "ping " + bytes + "; | pong " + bytes + "; | open"},
      {{{0x89, longest}}, "ping " + longest + "; | pong " + longest + "; | open"},
      {{{0x89, longest + "*"}}, "| close 1002 a control frame of more than 125 bytes; | closing"},
      {{{0x8A}}, "pong ; | | open"},
      {{{0x8A, "unsolicited"}}, "pong unsolicited; | | open"},
      {{{0x8A, "unsolicited"}, {0x89, "ping"}}, "pong unsolicited; ping ping; | pong ping; | open"},
      many,
  });
}

TEST_CASE("3: reserved bits") {
  const std::string answered = "text Hello; " + kReserved;
  check_rows({
      {{{0x80 | 0x10 | 1, "Hello"}}, kReserved},
      {{{0x81, "Hello"}, {0x80 | 0x20 | 1, "Hello"}, {0x89}}, answered},
      {{{0x81, "Hello"}, {0x80 | 0x30 | 1, "Hello"}, {0x89}}, answered},
      {{{0x81, "Hello"}, {0x80 | 0x40 | 1, "Hello"}, {0x89}}, answered},
      {{{0x80 | 0x50 | 2, "12345678"}}, kReserved},
      {{{0x80 | 0x60 | 9, "Hello"}}, kReserved},
      {{{0x80 | 0x70 | 8}}, "close; | close 1002 a frame with reserved bits; | ended"},
      {{{0x01, "a"}, {0x80 | 0x40, "b"}}, kReserved},
  });
}

TEST_CASE("4: opcodes that mean nothing") {
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    CAPTURE(opcode);
    check_rows({
        {{{0x80 | opcode}}, kUnknown},
        {{{opcode}}, kUnknown},
        {{{0x80 | opcode, "reserved opcode payload"}}, kUnknown},
        {{{0x81, "Hello"}, {0x80 | opcode}, {0x89}}, "text Hello; " + kUnknown},
        {{{0x81, "Hello"}, {0x80 | opcode, std::string(200, 'x')}, {0x89}},
         "text Hello; " + kUnknown},
        {{{0x01, "Hel"}, {0x80 | opcode}, {0x80, "lo"}}, kUnknown},
    });
  }
}

TEST_CASE("5: fragments") {
  check_rows({
      {{{0x09, "frag"}, {0x80, "ment"}}, kFragmented},
      {{{0x0A, "frag"}, {0x80, "ment"}}, kFragmented},
      {{{0x01, "fragment1"}, {0x80, "fragment2"}}, "text fragment1fragment2; | | open"},
      {{{0x02, "fragment1"}, {0x80, "fragment2"}}, "binary fragment1fragment2; | | open"},
      {{{0x01, "fragment1"}, {0x89, "ping"}, {0x80, "fragment2"}},
       "ping ping; text fragment1fragment2; | pong ping; | open"},
      {{{0x80, "non-continuation"}, {0x81, "Hello"}}, kNothing},
      {{{0x00, "non-continuation"}, {0x81, "Hello"}}, kNothing},
      {{{0x01, "fragment1"}, {0x80, "fragment2"}, {0x00, "fragment3"}, {0x81, "x"}},
       "text fragment1fragment2; " + kNothing},
      {{{0x00, "f"}, {0x01, "a"}, {0x80, "b"}, {0x00, "f"}, {0x01, "a"}, {0x80, "b"}}, kNothing},
      {{{0x80, "f"}, {0x01, "a"}, {0x80, "b"}, {0x80, "f"}, {0x01, "a"}, {0x80, "b"}}, kNothing},
      {{{0x01, "fragment1"}, {0x81, "fragment2"}},
       "| close 1002 a message within another; | closing"},
      {{{0x01, "fragment1"}, {0x02, "fragment2"}},
       "| close 1002 a message within another; | closing"},
      {{{0x01, "fragment1"},
        {0x00, "fragment2"},
        {0x89, "pongme 1!"},
        {0x00, "fragment3"},
        {0x00, "fragment4"},
        {0x89, "pongme 2!"},
        {0x80, "fragment5"}},
       "ping pongme 1!; ping pongme 2!; text fragment1fragment2fragment3fragment4fragment5; | "
       "pong pongme 1!; pong pongme 2!; | open"},
  });
}

TEST_CASE("a ping between fragments is answered before the message is whole") {
  for (const Role role : {Role::server, Role::client}) {
    End end(role);
    end.receive(wire(role, {WireFrame{0x01, "Hel"}, WireFrame{0x89, "p"}}));
    CHECK(end.said() == "ping p; | pong p; | open");
  }
}

// A header as it is given, then a masking key when `masked`, then the payload.
struct RawFrame {
  std::string header;
  std::string payload;
  bool masked;
};

TEST_CASE("masks and lengths that must not be") {
  const std::string unmasked = "| close 1002 a frame that is not masked; | closing";
  const std::string masked = "| close 1002 a masked frame; | closing";
  const std::string length = "| close 1002 a frame whose length is malformed; | closing";
  const std::string big = "| close 1009 message too big; | closing";
  const std::string fine = "binary ab; | | open";
  // The second byte of a header without the mask's bit, and what follows it.
  const struct {
    unsigned first;
    std::string length;
    std::string payload;
    std::string said;
  } rows[] = {
      {0x82, hex_bytes("02"), "ab", fine},
      {0x82, hex_bytes("7e 0002"), "ab", length},
      {0x82, hex_bytes("7e 0000"), "", length},
      {0x82, hex_bytes("7e 007d"), std::string(125, 'a'), length},
      {0x82, hex_bytes("7e 007e"), std::string(126, 'a'),
       "binary " + std::string(126, 'a') + "; | | open"},
      {0x82, hex_bytes("7f 0000000000000002"), "ab", length},
      {0x82, hex_bytes("7f 000000000000ffff"), std::string(65535, 'a'), length},
      {0x82, hex_bytes("7f 8000000000000000"), "", length},
      {0x82, hex_bytes("7f ffffffffffffffff"), "", length},
      {0x82, hex_bytes("7f 7fffffffffffffff"), "", big},
      {0x82, hex_bytes("7f 0000000000100001"), "", big},
      {0x82, hex_bytes("7f 0000000000100000"), "a", "| | open"},
      {0x89, hex_bytes("7e 007e"), "",
       "| close 1002 a control frame of more than 125 bytes; | closing"},
      {0x89, hex_bytes("7f 0000000000010000"), "",
       "| close 1002 a control frame of more than 125 bytes; | closing"},
      {0x89, hex_bytes("7e 0001"), "a", length},
  };
  for (const auto& row : rows) {
    CAPTURE(row.said);
    for (const bool with_mask : {false, true}) {
      std::string bytes(1, static_cast<char>(row.first));
      bytes += row.length;
      if (with_mask) bytes[1] = static_cast<char>(bytes[1] | '\x80');
      if (with_mask) bytes += std::string(4, '\0');
      bytes += row.payload;
      check_bytes(Role::server, bytes, with_mask ? row.said : unmasked, 1u << 20);
      check_bytes(Role::client, bytes, with_mask ? masked : row.said, 1u << 20);
    }
  }
}

TEST_CASE("the violation is told in words") {
  const struct {
    Role role;
    std::string bytes;
    std::string text;
  } rows[] = {
      {Role::server, hex_bytes("81 00"), "the client sent a frame that is not masked"},
      {Role::client, hex_bytes("81 80 00000000"), "the server sent a masked frame"},
      {Role::client, hex_bytes("83 00"), "the server sent a frame with an unknown opcode"},
      {Role::client, hex_bytes("82 7e 03e9"), "the server sent a message of more than 1000 bytes"},
      {Role::client, hex_bytes("88 02 03e7"), "the server sent the close code 999"},
  };
  for (const auto& row : rows) {
    End end(row.role, 1000);
    CHECK_FALSE(end.session.violation());
    end.receive(row.bytes);
    REQUIRE(end.session.violation());
    CHECK(end.session.violation()->text() == row.text);
    CHECK(end.session.violation()->fault() == Fault::protocol);
  }
}

}  // namespace
}  // namespace rt::ws
