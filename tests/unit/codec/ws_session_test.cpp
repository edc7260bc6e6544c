#include "codec/ws_session.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/codec/ws_session_table.hpp"

namespace rt::ws {
namespace {

TEST_CASE("a session is small") {
  CHECK(sizeof(Session) <= 120);
}

TEST_CASE("whole messages") {
  check_rows({
      {{{0x81, "Hello"}}, "text Hello; | | open"},
      {{{0x81, ""}}, "text ; | | open"},
      {{{0x82, ""}}, "binary ; | | open"},
      {{{0x82, "\xFF\xFE"}}, "binary \xFF\xFE; | | open"},
      {{{0x81, "a"}, {0x82, "b"}, {0x81, "c"}}, "text a; binary b; text c; | | open"},
      {{{0x81, std::string(125, 'a')}}, "text " + std::string(125, 'a') + "; | | open"},
      {{{0x81, std::string(126, 'a')}}, "text " + std::string(126, 'a') + "; | | open"},
  });
}

// For who knows no messages.
TEST_CASE("in pieces: each is handed on where it lies, and nothing is held") {
  const std::string bytes =
      wire(Role::client, {{0x02, "Hel"}, {0x89, "p"}, {0x80, "lo"}, {0x82, ""}, {0x82, "world"}}) +
      wire(Role::client, {{0x82, std::string(70'000, 'x')}, {0x81, "\xFF"}});
  for (const std::size_t cut :
       {std::size_t{1}, std::size_t{2}, std::size_t{5}, std::size_t{1000}, bytes.size()}) {
    CAPTURE(cut);
    SessionOptions options{
        .role = Role::client, .max_message = SIZE_MAX, .mask_key = [] { return 1u; }};
    options.in_pieces = true;
    struct Taken final : Recorder {
      void on_message(PayloadKind kind, Payload payload) override {
        text = text || kind == PayloadKind::text;
        bytes += payload.view();
      }
      bool text = false;
      std::string bytes;
    } taken;
    Session session(options, taken);
    std::string all = bytes;
    for (std::size_t at = 0; at < all.size(); at += cut) {
      const std::size_t size = std::min(cut, all.size() - at);
      CHECK(session.landing().empty());
      CHECK(session.receive(std::span(all).subspan(at, size)) == size);
    }
    CHECK(taken.bytes == "Helloworld" + std::string(70'000, 'x') + "\xFF");
    CHECK(taken.text);
    CHECK(taken.holds == 0);
    CHECK_FALSE(session.violation());
    CHECK_FALSE(session.in_message());
  }
}

TEST_CASE("in pieces, what is given up is passed over") {
  SessionOptions options{
      .role = Role::client, .max_message = SIZE_MAX, .mask_key = [] { return 1u; }};
  options.in_pieces = true;
  for (const std::size_t cut : {1u, 3u, 1000u}) {
    CAPTURE(cut);
    Recorder recorder;
    Session session(options, recorder);
    recorder.then = [&] {
      if (session.state() == Session::State::open) session.give_up(1003, "no");
    };
    std::string all =
        wire(Role::client, {{0x02, "ab"}, {0x80, "cd"}, {0x82, "ef"}, {0x88, std::string()}});
    for (std::size_t at = 0; at < all.size(); at += cut)
      session.receive(std::span(all).subspan(at, std::min<std::size_t>(cut, all.size() - at)));
    CHECK(recorder.events.substr(0, 8) == "binary a");
    CHECK(recorder.events.find("cd") == std::string::npos);
    CHECK(recorder.events.find("ef") == std::string::npos);
    CHECK(session.state() == Session::State::ended);
  }
}

TEST_CASE("a message as long as the last one gets its room at once, a longer one step by step") {
  for (const std::size_t size : {100'000u, 1'000'000u}) {
    End end(Role::server);
    const auto send = [&](std::size_t bytes) {
      end.recorder.holds = 0;
      end.receive(wire(Role::server, {{0x82, std::string(bytes, 'x')}}), 10'000);
    };
    send(size);
    CHECK(end.recorder.holds > 3);
    send(size);
    CHECK(end.recorder.holds == 2);
    // Announced alone: no more than as much again.
    end.recorder.most_held = 0;
    end.receive(wire(Role::server, {{0x82, std::string(8 * size, 'x')}}).substr(0, 20'000), 10'000);
    CHECK(end.recorder.most_held <= size);
  }
}

TEST_CASE("fragments, with control frames between them") {
  check_rows({
      {{{0x01, "Hel"}, {0x80, "lo"}}, "text Hello; | | open"},
      {{{0x01, "Hel"}, {0x89, "p"}, {0x80, "lo"}}, "ping p; text Hello; | pong p; | open"},
      {{{0x02, ""}, {0x00, ""}, {0x80, ""}, {0x81, "x"}}, "binary ; text x; | | open"},
      {{{0x01, "a"}, {0x8A, "u"}, {0x00, "b"}, {0x89, ""}, {0x80, "c"}},
       "pong u; ping ; text abc; | pong ; | open"},
      // The end of the connection in the middle of a message.
      {{{0x01, "a"}, {0x88, "\x03\xE8"}, {0x80, "b"}}, "close 1000; | close 1000; | ended"},
      {{{0x01, "a"}, {0x81, "b"}, {0x81, "c"}}, "| close 1002 a message within another; | closing"},
      {{{0x80, "a"}, {0x81, "c"}}, "| close 1002 a continuation of no message; | closing"},
  });
}

TEST_CASE("what must not be there") {
  const std::string close("\x03\xE8", 2);
  check_rows({
      {{{0xC1, "a"}}, "| close 1002 a frame with reserved bits; | closing"},
      {{{0xA9, "a"}}, "| close 1002 a frame with reserved bits; | closing"},
      {{{0x83, "a"}}, "| close 1002 a frame with an unknown opcode; | closing"},
      {{{0x09, "a"}}, "| close 1002 a fragmented control frame; | closing"},
      {{{0x89, std::string(126, 'a')}},
       "| close 1002 a control frame of more than 125 bytes; | closing"},
      {{{0x81, "\xC0\xAF"}}, "| close 1007 text that is not UTF-8; | closing"},
      // What comes behind is passed over up to the close frame.
      {{{0x83, "a"}, {0x81, "x"}, {0x89, "p"}, {0x88, close}, {0x81, "y"}},
       "close 1000; | close 1002 a frame with an unknown opcode; | ended"},
      {{{0x08, close}, {0x81, "y"}},
       "close 1000; | close 1002 a fragmented control frame; | ended"},
  });
}

TEST_CASE("a long message is received straight into its memory, which grows with what has come") {
  const std::string payload(1'000'000, 'x');
  for (const Role role : {Role::server, Role::client}) {
    CAPTURE(name_of(role));
    End end(role);
    end.recorder.moved = true;
    const std::string bytes = wire(role, WireFrame{0x82, payload});
    std::size_t at = 40'000;
    end.receive(bytes.substr(0, at));
    while (at < bytes.size()) {
      CHECK(end.session.in_message());
      CHECK(end.session.message_bytes() + end.session.announced() == payload.size());
      const std::span<char> place = end.session.landing();
      CHECK(end.recorder.held <= 2 * (at + (16u << 10)));
      if (place.empty()) {
        end.receive(bytes.substr(at));
        break;
      }
      const std::size_t size = std::min<std::size_t>({place.size(), bytes.size() - at, 50'001});
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, place.begin());
      end.session.landed(size);
      at += size;
    }
    REQUIRE(end.recorder.kept.size() == 1);
    CHECK(end.recorder.kept[0] == payload);
    CHECK(end.recorder.holds < 10);
    CHECK(end.recorder.held == 0);
    CHECK_FALSE(end.session.in_message());
    CHECK(end.session.landing().empty());
  }
}

TEST_CASE("where there is no room, the session closes with 1013") {
  End end(Role::server);
  end.recorder.room = 5000;
  end.receive(wire(Role::server, {{0x02, std::string(3000, 'x')}, {0x80, std::string(3000, 'y')}}));
  CHECK(end.session.state() == Session::State::closing);
  CHECK(end.recorder.held == 0);
  CHECK_FALSE(end.session.violation());
  end.receive(wire(Role::server, {{0x81, "no"}, {0x88, ""}}));
  CHECK(end.said() ==
        "close; | close 1013 too much memory is held for messages that are not whole; | ended");
}

TEST_CASE("the listener may give up while it is asked for room") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string bytes = wire(
        role, {WireFrame{0x02, std::string(3000, 'x')}, WireFrame{0x80, "y"}, WireFrame{0x88, ""}});
    for (std::size_t piece = 1; piece <= bytes.size(); piece += 211) {
      End end(role);
      end.recorder.asked = [&](std::size_t size) {
        if (size > 2000) end.session.give_up(1008, "enough");
      };
      end.receive(bytes, piece);
      CHECK(end.said() == "close; | close 1008 enough; | ended");
      CHECK(end.recorder.held == 0);
    }
  }
}

TEST_CASE("a burst of pings: each is answered while the answers are taken, else the latest") {
  for (const Role role : {Role::server, Role::client}) {
    End end(role);
    std::string expected;
    for (int i = 0; i < 10; ++i) {
      end.receive(wire(role, {WireFrame{0x89, std::to_string(i)}}));
      expected += "pong " + std::to_string(i) + "; ";
    }
    CHECK(words_of_output(role, end.session.output()) == expected);
    for (int i = 0; i < 100'000; ++i)
      end.receive(wire(role, {WireFrame{0x89, "ping " + std::to_string(i)}}));
    CHECK(end.session.output().size() < 5000);
    CHECK(words_of_output(role, end.session.output()).ends_with("; pong ping 99999; "));
    end.session.output().clear();
    end.receive(wire(role, {WireFrame{0x89, "a"}, WireFrame{0x89, "b"}}));
    CHECK(words_of_output(role, end.session.output()) == "pong a; pong b; ");
    // Ours are left alone, and left out where too much waits.
    while (end.session.output().size() < 4096) end.session.ping("ours");
    end.receive(wire(role, {WireFrame{0x89, "c"}, WireFrame{0x89, "d"}}));
    end.session.ping("left out");
    CHECK(words_of_output(role, end.session.output()).ends_with("ping ours; pong d; "));
  }
}

}  // namespace
}  // namespace rt::ws
