// The closing handshake, as the public Autobahn suite tries it (its case 7), and what else there is
// to it, for both roles.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/codec/ws_session_table.hpp"

namespace rt::ws {
namespace {

std::string code_bytes(unsigned code) {
  return {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}

TEST_CASE("7.1: what comes behind a close frame is thrown away") {
  const std::string close = code_bytes(1000);
  const std::string big(3000, '*');
  const std::string once = "close 1000; | close 1000; | ended";
  check_rows({
      {{{0x81, "Hello"}, {0x88, close}}, "text Hello; " + once},
      {{{0x88, close}, {0x88, close}}, once},
      {{{0x88, close}, {0x89, "p"}}, once},
      {{{0x88, close}, {0x81, "Hello"}}, once},
      {{{0x88, close}, {0x83, "what"}}, once},
      {{{0x01, "fragment1"}, {0x88, close}, {0x80, "fragment2"}}, once},
      {{{0x81, big}, {0x88, close}, {0x89, ""}}, "text " + big + "; " + once},
  });
}

TEST_CASE("7.3, 7.5: payloads of close frames") {
  const std::string reason(123, '*');
  check_rows({
      {{{0x88}}, "close; | close; | ended"},
      {{{0x88, "a"}}, "close ?; | close 1002 a close frame of one byte; | ended"},
      {{{0x88, code_bytes(1000)}}, "close 1000; | close 1000; | ended"},
      {{{0x88, code_bytes(1000) + "Hello World!"}},
       "close 1000 Hello World!; | close 1000 Hello World!; | ended"},
      {{{0x88, code_bytes(1000) + reason}},
       "close 1000 " + reason + "; | close 1000 " + reason + "; | ended"},
      {{{0x88, code_bytes(1000) + reason + "*"}},
       "| close 1002 a control frame of more than 125 bytes; | ended"},
      {{{0x88, code_bytes(1000) + hex_bytes("cebae1bdb9cf83cebcceb5eda080656469746564")}},
       "close 1000 " + hex_bytes("cebae1bdb9cf83cebcceb5eda080656469746564") +
           "; | close 1007 a close reason that is not UTF-8; | ended"},
      {{{0x88, code_bytes(1000) + hex_bytes("ce")}},
       "close 1000 \xCE; | close 1007 a close reason that is not UTF-8; | ended"},
      {{{0x08}, {0x80, code_bytes(1000)}},
       "close; | close 1002 a fragmented control frame; | ended"},
  });
}

TEST_CASE("7.7, 7.9, 7.13: close codes") {
  for (unsigned code = 0; code <= 0xFFFF; code += code < 5100 ? 1 : 777) {
    const bool legal = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code <= 4999);
    CAPTURE(code);
    for (const Role role : {Role::server, Role::client}) {
      End end(role);
      end.receive(wire(role, WireFrame{0x88, code_bytes(code)}));
      const std::string name = std::to_string(code);
      CHECK(end.said() == "close " + name + "; | close " +
                              (legal ? name : "1002 the close code " + name) + "; | ended");
      CHECK(end.session.closed_by_peer());
      CHECK(end.session.peer_code() == (legal ? code : 1005));
      CHECK(end.session.violation().has_value() != legal);
    }
  }
}

TEST_CASE("what is known of the end") {
  for (const Role role : {Role::server, Role::client}) {
    End end(role);
    CHECK(end.session.peer_code() == 1006);
    CHECK(end.session.peer_reason() == "");
    CHECK_FALSE(end.session.closed_by_peer());
    end.receive(wire(role, WireFrame{0x88, code_bytes(4001) + "bye"}));
    CHECK(end.session.peer_code() == 4001);
    CHECK(end.session.peer_reason() == "bye");
    CHECK(end.session.closed_by_peer());
    // Nothing comes behind it.
    end.session.close(1000, "");
    end.session.ping("p");
    CHECK(end.said() == "close 4001 bye; | close 4001 bye; | ended");
  }
}

TEST_CASE("a close of ours: messages come until the peer's, pings are not answered") {
  for (const Role role : {Role::server, Role::client}) {
    End end(role);
    end.receive(wire(role, WireFrame{0x01, "Hel"}));
    end.session.close(1001, "going");
    end.session.close(1000, "again");
    end.session.ping("p");
    CHECK(end.session.state() == Session::State::closing);
    end.receive(wire(role, {WireFrame{0x89, "p"}, WireFrame{0x80, "lo"}, WireFrame{0x82, "b"}}));
    CHECK(end.said() == "ping p; text Hello; binary b; | close 1001 going; | closing");
    end.receive(wire(role, {WireFrame{0x88, code_bytes(1001)}, WireFrame{0x81, "no"}}));
    CHECK(end.said() == "ping p; text Hello; binary b; close 1001; | close 1001 going; | ended");
    CHECK_FALSE(end.session.closed_by_peer());
    CHECK(end.session.peer_code() == 1001);
  }
}

TEST_CASE("behind a violation all is passed over up to the peer's close frame") {
  const std::string end = " a frame with an unknown opcode; | ";
  check_rows({
      {{{0x83, "x"}, {0x81, "no"}, {0x89, "no"}, {0x01, "no"}, {0x88, code_bytes(1002)}, {0x82}},
       "close 1002; | close 1002" + end + "ended"},
      {{{0x83, std::string(3000, 'x')}, {0x88}}, "close; | close 1002" + end + "ended"},
      {{{0x83}, {0x83}, {0xF8, ""}}, "close; | close 1002" + end + "ended"},
      {{{0x83}, {0x88, "1"}}, "close ?; | close 1002" + end + "ended"},
      {{{0x83}, {0x88, code_bytes(999)}}, "close 999; | close 1002" + end + "ended"},
      {{{0x83}, {0x88, std::string(300, 'x')}}, "| close 1002" + end + "ended"},
      {{{0x83}, {0x89, std::string(300, 'x')}}, "| close 1002" + end + "closing"},
      // In the middle of a message.
      {{{0x01, "\xFF"}, {0x00, "x"}, {0x80, "y"}, {0x88}},
       "close; | close 1007 text that is not UTF-8; | ended"},
      {{{0x01, "x"}, {0x83}, {0x80, "y"}, {0x81, "z"}}, "| close 1002" + end + "closing"},
  });
}

TEST_CASE("the first violation is the one that is told") {
  End end(Role::client);
  end.receive(wire(Role::client, {WireFrame{0x83, "x"}, WireFrame{0x88, code_bytes(999)}}));
  CHECK(end.session.violation()->text() == "the server sent a frame with an unknown opcode");
}

TEST_CASE("the end in the middle of a message gives its memory back") {
  for (const Role role : {Role::server, Role::client}) {
    End end(role);
    end.receive(wire(role, WireFrame{0x02, std::string(1000, 'x')}));
    CHECK(end.recorder.held >= 1000);
    end.receive(wire(role, WireFrame{0x88}));
    CHECK(end.recorder.held == 0);
    CHECK_FALSE(end.session.in_message());
  }
}

TEST_CASE("a violation behind our close frame sends no second one") {
  for (const Role role : {Role::server, Role::client}) {
    End end(role);
    end.session.close(1000, "");
    end.receive(wire(role, {WireFrame{0x83, "x"}, WireFrame{0x81, "no"}}));
    CHECK(end.said() == "| close 1000; | closing");
    CHECK(end.session.violation());
    end.receive(wire(role, WireFrame{0x88}));
    CHECK(end.said() == "close; | close 1000; | ended");
  }
}

TEST_CASE("the listener may do anything while it is told") {
  const struct {
    std::string name;
    void (*act)(Session&);
    std::string said;
  } rows[] = {
      {"nothing", [](Session&) {},
       "text a; ping p; text bc; close 1000; | pong p; close 1000; | ended"},
      {"close", [](Session& session) { session.close(1001, "x"); },
       "text a; ping p; text bc; close 1000; | close 1001 x; | ended"},
      {"give up", [](Session& session) { session.give_up(1013, "x"); },
       "text a; close 1000; | close 1013 x; | ended"},
      {"ping", [](Session& session) { session.ping("q"); },
       "text a; ping p; text bc; close 1000; "
       "| ping q; ping q; pong p; ping q; ping q; close 1000; | ended"},
      {"pause", [](Session& session) { session.pause(); },
       "text a; ping p; text bc; close 1000; | pong p; close 1000; | ended"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.name);
    for (const Role role : {Role::server, Role::client}) {
      const std::string bytes = wire(
          role, {WireFrame{0x81, "a"}, WireFrame{0x01, "b"}, WireFrame{0x89, "p"},
                 WireFrame{0x80, "c"}, WireFrame{0x88, code_bytes(1000)}, WireFrame{0x81, "d"}});
      for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        End end(role);
        end.recorder.then = [&] { row.act(end.session); };
        end.receive(bytes, piece);
        CHECK(end.said() == row.said);
      }
    }
  }
}

TEST_CASE("a pause holds behind the message that was handed on") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string first = wire(role, WireFrame{0x81, "a"});
    std::string bytes = first + wire(role, {WireFrame{0x89, "p"}, WireFrame{0x81, "b"}});
    End end(role);
    end.recorder.then = [&] { end.session.pause(); };
    CHECK(end.session.receive(bytes) == first.size());
    CHECK(end.said() == "text a; | | open");
    end.receive(bytes.substr(first.size()));
    CHECK(end.said() == "text a; ping p; text b; | pong p; | open");
  }
}

TEST_CASE("giving up in the middle of a message, of a header and of a control frame") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string before = wire(role, WireFrame{0x02, std::string(100, 'x')});
    const std::string bytes =
        before + wire(role, {WireFrame{0x89, "ping"}, WireFrame{0x80, std::string(200, 'y')},
                             WireFrame{0x81, "no"}, WireFrame{0x88, code_bytes(1000)}});
    for (std::size_t cut = before.size() - 50; cut < bytes.size() - 9; ++cut) {
      CAPTURE(cut);
      End end(role);
      end.receive(bytes.substr(0, cut));
      end.session.give_up(1008, "late");
      CHECK(end.recorder.held == 0);
      CHECK_FALSE(end.session.in_message());
      CHECK(end.session.announced() == 0);
      CHECK(end.session.message_bytes() == 0);
      end.recorder.events.clear();
      end.session.output().clear();
      end.receive(bytes.substr(cut));
      CHECK(end.recorder.events == "close 1000; ");
      CHECK(end.session.output().empty());
      CHECK(end.session.state() == Session::State::ended);
    }
  }
}

}  // namespace
}  // namespace rt::ws
