#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "unit/codec/ws_session_table.hpp"

namespace rt::ws {
namespace {

constexpr DeflateTerms kOn{true, false, false, 15, 15};
constexpr DeflateTerms kAlone{true, true, true, 15, 15};

const std::string kHello = "\xf2\x48\xcd\xc9\xc9\x07" + std::string(1, '\0');
const std::string kHelloAgain = "\xf2" + std::string("\0\x11\0\0", 4);

TEST_CASE("compressed messages, as RFC 7692 shows them") {
  const std::vector<SessionRow> rows = {
      {{{0xC1, kHello}}, "text Hello; | | open"},
      {{{0xC2, kHello}}, "binary Hello; | | open"},
      {{{0x41, kHello.substr(0, 3)}, {0x80, kHello.substr(3)}}, "text Hello; | | open"},
      {{{0x41, kHello.substr(0, 3)}, {0x89, "p"}, {0x00, ""}, {0x80, kHello.substr(3)}},
       "ping p; text Hello; | pong p; | open"},
      {{{0x41, ""}, {0x00, kHello}, {0x80, ""}}, "text Hello; | | open"},
      {{{0xC1, std::string("\0\x05\0\xfa\xff\x48\x65\x6c\x6c\x6f\0", 11)}}, "text Hello; | | open"},
      {{{0xC1, "\xf3\x48\xcd\xc9\xc9\x07" + std::string(2, '\0')}}, "text Hello; | | open"},
      {{{0xC1, "\xf2\x48\x05" + std::string("\0\0\0\xff\xff\xca\xc9\xc9\x07\0", 10)}},
       "text Hello; | | open"},
      {{{0xC1, std::string(1, '\0')}}, "text ; | | open"},
      {{{0xC2, ""}}, "binary ; | | open"},
      // Compressed and not, in turns.
      {{{0xC1, kHello}, {0x81, "plain"}, {0xC2, kHello}},
       "text Hello; text plain; binary Hello; | | open"},
  };
  for (const DeflateTerms& terms : {kOn, kAlone}) check_rows(rows, 1000, terms);
  check_rows({{{{0xC1, kHello}, {0x81, "plain"}, {0xC1, kHelloAgain}, {0xC1, kHelloAgain}},
               "text Hello; text plain; text Hello; text Hello; | | open"}},
             1000, kOn);
  check_rows({{{{0xC1, kHello}, {0xC1, kHelloAgain}},
               "text Hello; | close 1007 compressed data that is broken; | closing"}},
             1000, kAlone);
}

TEST_CASE("what must not be compressed, and what is broken") {
  const std::string reserved = "| close 1002 a frame with reserved bits; | closing";
  const std::string broken = "| close 1007 compressed data that is broken; | closing";
  const std::string not_text = "| close 1007 text that is not UTF-8; | closing";
  check_rows(
      {
          {{{0xC9, ""}}, reserved},
          {{{0xCA, ""}}, reserved},
          {{{0xC8, ""}}, "close; | close 1002 a frame with reserved bits; | ended"},
          {{{0x41, kHello.substr(0, 3)}, {0xC0, kHello.substr(3)}}, reserved},
          {{{0x01, "a"}, {0xC0, "b"}}, reserved},
          {{{0xE1, kHello}}, reserved},
          {{{0xD1, kHello}}, reserved},
          {{{0xA1, "x"}}, reserved},
          {{{0x91, "x"}}, reserved},
          {{{0xC3, ""}}, reserved},
          {{{0xC1, "\x06"}}, broken},
          {{{0xC1, kHello.substr(0, 4)}}, broken},
          {{{0xC1, kHello.substr(0, 4)}, {0x81, "x"}}, broken},
          {{{0xC1, kHelloAgain}}, broken},
          // "\xC3", then what can be no text, in stored blocks; then broken data.
          {{{0xC1, std::string("\0\x01\0\xfe\xff\xc3\0\x01\0\xfe\xff\x41\x06\x06", 14)}}, not_text},
          {{{0xC1, std::string("\0\x01\0\xfe\xff\xc3\0", 7)}}, not_text},
          {{{0x41, std::string("\0\x01\0\xfe\xff\xff", 6)}}, not_text},
          {{{0xC2, std::string("\0\x01\0\xfe\xff\xff\0", 7)}}, "binary \xFF; | | open"},
      },
      1000, kOn);
  check_rows({{{{0xC1, kHello}}, reserved}});
}

// What a client sends as one compressed message.
std::string bomb(std::size_t size) {
  End client(Role::client, defaults::kMaxMessage, kAlone);
  std::string out;
  client.session.append_message(out, PayloadKind::text, std::string(size, 'a'));
  return out;
}

TEST_CASE("what comes out of compression is bounded") {
  const std::string end = "close; | close 1009 message too big; | ended";
  for (const std::size_t size : {300u, 1000u, 1001u, 1002u, 100'000u}) {
    CAPTURE(size);
    const std::string bytes = bomb(size) + wire(Role::server, WireFrame{0x88, ""});
    const std::string fine = "text " + std::string(size, 'a') + "; close; | close; | ended";
    for (std::size_t cut = 0; cut < bytes.size(); ++cut)
      REQUIRE(answers(Role::server, bytes, cut, 1000, kAlone) == (size <= 1000 ? fine : end));
    CHECK(answers_bytewise(Role::server, bytes, 1000, kAlone) == (size <= 1000 ? fine : end));
  }
  // Judged by what is announced, too.
  End server(Role::server, 1000, kAlone);
  server.receive(wire(Role::server, WireFrame{0xC1, std::string(5000, 'x')}).substr(0, 8));
  CHECK(server.said() == "| close 1009 message too big; | closing");
}

TEST_CASE("a bomb never holds more than the longest message") {
  End server(Role::server, 1u << 20, kAlone);
  const std::string bytes = bomb(16u << 20);
  CHECK(bytes.size() < 100'000);
  server.receive(bytes);
  CHECK(server.session.state() == Session::State::closing);
  CHECK(server.recorder.most_held <= (1u << 20) + (64u << 10));
  CHECK(server.recorder.held == 0);
}

TEST_CASE("short messages, and those that do not become shorter, are sent as they are") {
  End server(Role::server, 1u << 20, kAlone);
  std::string out;
  server.session.append_message(out, PayloadKind::text, "short");
  CHECK(out == wire(Role::client, WireFrame{0x81, "short"}));
  out.clear();
  Random random(1);
  std::string noise;
  for (int i = 0; i < 1000; ++i) noise += static_cast<char>(random.next());
  server.session.append_message(out, PayloadKind::binary, noise);
  CHECK(out == wire(Role::client, WireFrame{0x82, noise}));
}

TEST_CASE("one frame for many readers, with contexts and without") {
  DeflateContexts contexts;
  const std::string text =
      "{\"name\":\"temperature\",\"unit\":\"C\",\"place\":\"the roof\","
      "\"name\":\"humidity\",\"unit\":\"%\",\"place\":\"the roof\"}"
      "the same once more: {\"name\":\"temperature\",\"unit\":\"C\"}";
  std::string shared;
  REQUIRE(append_shared_message(shared, PayloadKind::text, text, contexts));
  CHECK(shared.size() < text.size() - 20);
  CHECK_FALSE(append_shared_message(shared, PayloadKind::text, "short", contexts));
  for (const DeflateTerms& terms : {kOn, kAlone}) {
    End server(Role::server, 1u << 20, terms);
    End client(Role::client, 1u << 20, terms);
    REQUIRE(server.session.takes_shared());
    std::string sent;
    std::string expected;
    for (std::size_t i = 0; i < 12; ++i) {
      // Another text, so that what refers to too far back comes out wrong.
      const std::string own = text.substr(i) + text.substr(0, 2 * i);
      if (i % 3 == 1) {
        sent += shared;
        server.session.sent_shared();
      } else {
        server.session.append_message(sent, PayloadKind::text, own);
      }
      expected += "text " + (i % 3 == 1 ? text : own) + "; ";
    }
    client.receive(sent);
    CHECK(client.said() == expected + "| | open");
  }
  const DeflateTerms narrow{true, false, false, 12, 15};
  CHECK_FALSE(End(Role::server, 1000, narrow).session.takes_shared());
  CHECK_FALSE(End(Role::server, 1000).session.takes_shared());
}

}  // namespace
}  // namespace rt::ws
