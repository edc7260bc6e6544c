#include <doctest/doctest.h>

#include <string>

#include "dialect_fixture.hpp"

using namespace rt;
using namespace std::string_literals;

namespace {

Conversation connected(bool reads = true) {
  DialectOptions options = speaking("stomp:/topic/a");
  options.reads = reads;
  Conversation talk(options);
  talk.begin();
  talk.said();
  talk.hear("CONNECTED\nversion:1.2\n\n\0"s);
  return talk;
}

Conversation joined() {
  Conversation talk = connected();
  talk.said();
  talk.hear("RECEIPT\nreceipt-id:subscribed\n\n\0"s);
  REQUIRE(talk.joined());
  return talk;
}

TEST_CASE("STOMP: what comes is acknowledged when it is settled") {
  for (const bool newer : {true, false}) {
    DialectOptions options = speaking("stomp:/queue/a");
    options.acks = true;
    Conversation talk(options);
    talk.begin();
    (void)talk.said();
    talk.hear("CONNECTED\nversion:" + std::string(newer ? "1.2" : "1.1") + "\n\n" + '\0');
    const std::vector<std::string> said = talk.said();
    REQUIRE(said.size() == 1);
    CHECK(said[0].find("\nack:client-individual\n") != std::string::npos);
    for (const std::string n : {"1", "2"})
      talk.hear("MESSAGE\nsubscription:0\nmessage-id:m" + n + "\nack:a" + n +
                "\ndestination:/queue/a\n\n" + n + '\0');
    CHECK(talk.said() == Said{": 1", ": 2"});
    talk.dialect->settle(2);
    talk.dialect->settle(2);
    talk.dialect->settle(7);
    talk.leave();
    const std::string ack = newer ? "id:a2" : "subscription:0\nmessage-id:m2";
    const std::vector<std::string> last = talk.said();
    REQUIRE(last.size() == 2);
    CHECK(last[0] == "> ACK\n" + ack + "\n\n" + '\0');
  }
}

}  // namespace

TEST_CASE("STOMP: connecting and subscribing") {
  DialectOptions options = speaking("stomp:/topic/a");
  options.user = "me";
  options.password = "a:b";
  options.joining = R"({"host":"v","x":"y"})";
  Conversation talk(options);
  talk.begin();
  CHECK(talk.said() == Said{"> CONNECT\nhost:v\nx:y\naccept-version:1.1,1.2\n"
                            "heart-beat:10000,10000\nlogin:me\npasscode:a:b\n\n\0"s});
  talk.hear("CONNECTED\nheart-beat:5000,20000\n\n\0"s);
  CHECK(talk.said() ==
        Said{"> SUBSCRIBE\nid:0\ndestination:/topic/a\nack:auto\nreceipt:subscribed\n\n\0"s});
  CHECK_FALSE(talk.joined());
  CHECK(talk.dialect->heartbeat() == 20s);
  CHECK(talk.dialect->patience() == 30s);
  talk.hear("\nRECEIPT\nreceipt-id:subscribed\n\n\0\n"s);
  CHECK(talk.joined());
  talk.beat(false);
  talk.leave();
  CHECK(talk.said() == Said{"> \n", "> DISCONNECT\n\n\0"s});

  Conversation writer = connected(false);
  CHECK(writer.joined());
  CHECK(writer.said() == Said{});
  CHECK(writer.dialect->heartbeat() == 0s);
  CHECK(writer.dialect->patience() == 0s);
  options.password = "a\nb";
  Conversation bad(options);
  bad.begin();
  CHECK(bad.dialect->fault());
}

TEST_CASE("STOMP: a message with all it says, whole and cut") {
  const std::string bytes =
      "MESSAGE\nsubscription:0\nmessage-id:7\ndestination:/topic/a b\ncontent-type:a/b\nx:y\n\nbody\0"s;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) {
    Conversation talk = joined();
    talk.hear(bytes.substr(0, cut));
    talk.hear_bytes(bytes.substr(cut));
    const auto messages = talk.messages();
    REQUIRE(messages.size() == 1);
    const Message& message = messages.front();
    CHECK(message.payload == "body");
    CHECK(message.id == "7");
    CHECK(message.channel == "/topic/a%20b");
    CHECK(message.content_type == "a/b");
    REQUIRE(message.properties.size() == 1);
    CHECK(message.properties.front() == std::pair{"x"s, "y"s});
  }
  // Before the receipt, too.
  Conversation early = connected();
  early.said();
  early.hear("MESSAGE\n\nx\0"s);
  CHECK(early.joined());
  CHECK(early.said() == Said{": x"});
}

TEST_CASE("STOMP: what is sent, and its receipts") {
  Conversation talk = joined();
  Message message;
  message.payload = "hello";
  message.content_type = "text/plain";
  message.properties = {{"k", "v"}, {"destination", "elsewhere"}, {"k", "again"}};
  CHECK(talk.send(message));
  CHECK(talk.send(message, false));
  CHECK(talk.send("\xff", "", true));
  const std::string head = "> SEND\ndestination:/topic/a\ncontent-type:text/plain\nk:v\n";
  CHECK(talk.said() ==
        Said{head + "receipt:1\n\nhello\0"s, head + "\nhello\0"s,
             ">b SEND\ndestination:/topic/a\nreceipt:2\ncontent-length:1\n\n\xff\0"s});
  for (const char* id : {"2", "0", "3", "x", "99999999999999999999"})
    talk.hear("RECEIPT\nreceipt-id:"s + id + "\n\n\0"s);
  CHECK(talk.dialect->acknowledged() == 0);
  talk.hear("RECEIPT\nreceipt-id:1\n\n\0"s);
  CHECK(talk.dialect->acknowledged() == 2);
  message.properties = {{"k", "a\0b"s}};
  CHECK_FALSE(talk.send(message));
}

TEST_CASE("STOMP: errors") {
  Conversation login(speaking("stomp:/a"));
  login.begin();
  login.hear("ERROR\nmessage:Bad CONNECT\n\nAccess refused\n\0"s);
  CHECK(login.fault() == "the broker refused: Bad CONNECT: Access refused");
  CHECK(login.dialect->fault()->fault() == Fault::refused);
  Conversation idle = joined();
  idle.hear("ERROR\n\nshutting down\0"s);
  CHECK(idle.fault() == "the broker reports: shutting down");
  CHECK_FALSE(idle.dialect->fault()->fatal());
  Conversation sending = joined();
  REQUIRE(sending.send("x"));
  sending.hear("ERROR\nmessage:no\n\nno\0"s);
  CHECK(sending.fault() == "the broker refused: no");
  CHECK(sending.dialect->fault()->fatal());
}

TEST_CASE("STOMP: what breaks its rules") {
  for (const auto& bytes : {"MESSAGE\n\nx\0"s, "x\n\n\0"s, "CONNECTED\nnothing\n\n\0"s}) {
    Conversation talk(speaking("stomp:/a"));
    talk.begin();
    talk.hear(bytes);
    REQUIRE(talk.dialect->fault());
    CHECK(talk.dialect->fault()->fault() == Fault::protocol);
  }
  Conversation talk = joined();
  talk.hear("MESSAGE\n\nfirst\0OTHER\n\n\0MESSAGE\n\nlast\0"s);
  CHECK(talk.said() == Said{": first"});
  CHECK(talk.dialect->fault());
}
