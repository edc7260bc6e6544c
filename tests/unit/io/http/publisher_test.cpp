#include "io/http/publisher.hpp"

#include <doctest/doctest.h>

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "unit/io/http/test_server.hpp"

namespace rt {
namespace {

using test::answer;
using test::AnsweringServer;
using test::contains;
using test::drive;

const std::string kHubAnswer = answer("201 Created", "RT-Id: e-1\r\n", R"({"id":"e-1"})");

MessagePtr text(std::string payload) {
  Message message;
  message.payload = std::move(payload);
  return std::make_shared<const Message>(std::move(message));
}

MessagePtr with(std::string payload, void (*change)(Message&)) {
  Message message;
  message.payload = std::move(payload);
  change(message);
  return std::make_shared<const Message>(std::move(message));
}

// Gives how many were not accepted in `left`.
Result<void> write(Reactor& reactor, HttpSink& sink, const Batch& batch,
                   std::size_t* left = nullptr) {
  Messages rest = batch;
  Result<void> out = Error(Fault::other, "not done");
  const bool finished =
      drive(reactor, [&]() -> asio::awaitable<void> { out = co_await sink.write(rest); });
  CHECK(finished);
  if (left != nullptr) *left = rest.size();
  return out;
}

std::string_view body(std::string_view request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

std::vector<Message> envelopes(std::string_view request) {
  std::vector<Message> out;
  envelope::Reader reader;
  for (const std::string_view line : split(body(request), '\n')) {
    if (line.empty()) continue;
    auto message = reader.read(line);
    REQUIRE(message.ok());
    out.push_back(*message);
  }
  return out;
}

TEST_CASE("an ordinary server gets one request a message, in order, on one connection") {
  Reactor reactor;
  AnsweringServer server(reactor,
                         {answer("200 OK", "", "thanks"), answer("204 No Content", "", "")});
  HttpClient client(reactor, {});
  HttpSink sink(client, {server.url("/c"), "", false});
  const Batch batch = {
      text("one"),
      with(std::string("\xff\0", 2), [](Message& m) { m.kind = PayloadKind::binary; }),
      with("three",
           [](Message& m) {
             m.content_type = "a/b";
             m.event = "ev";
             m.origin_id = "o-1";
             m.via = {"r1", "r2"};
           }),
      with("", [](Message& m) { m.gap = std::make_shared<const Gap>(); }),
      with("kept", [](Message& m) { m.retain = true; }),
      with("\xff", [](Message&) {}),
      with("hostile", [](Message& m) {
        m.content_type = "a/b\r\nX-Injected: 1";
        m.origin_id = "o\r\nX-Injected: 1";
        m.via = {"v\nX-Injected: 1"};
      })};
  std::size_t left = 1;
  REQUIRE(write(reactor, sink, batch, &left).ok());
  CHECK(left == 0);
  CHECK(!sink.at_hub());
  const auto& seen = server.requests();
  REQUIRE(seen.size() == 6);
  CHECK(contains(seen[0], "POST /c HTTP"));
  CHECK(contains(seen[0], "Content-Type: text/plain; charset=utf-8\r\n"));
  CHECK(!contains(seen[0], "RT-"));
  CHECK(body(seen[0]) == "one");
  CHECK(contains(seen[1], "Content-Type: application/octet-stream\r\n"));
  CHECK(body(seen[1]) == std::string("\xff\0", 2));
  CHECK(contains(seen[2], "Content-Type: a/b\r\n"));
  CHECK(contains(seen[2], "RT-Origin-Id: o-1\r\n"));
  CHECK(contains(seen[2], "RT-Event: ev\r\n"));
  CHECK(contains(seen[2], "RT-Via: r1, r2\r\n"));
  CHECK(contains(seen[3], "PUT /c HTTP"));
  CHECK(body(seen[3]) == "kept");
  CHECK(contains(seen[4], "application/octet-stream"));
  CHECK(contains(seen[5], "POST /c HTTP"));
  CHECK(!contains(seen[5], "Injected"));
  CHECK(server.connections() == 1);
}

TEST_CASE("a hub shows itself, then what is written together travels together") {
  Reactor reactor;
  AnsweringServer server(reactor, {kHubAnswer, answer("201 Created", "", R"({"ids":[]})")});
  HttpClient client(reactor, {});
  HttpSink sink(client, {server.url("/c"), "x/y", false});
  Batch batch = {text("one"), text("two"),
                 with("three",
                      [](Message& m) {
                        m.event = "e";
                        m.qos = 1;
                        m.retain = true;
                        m.id = "old";
                        m.channel = "/elsewhere";
                        m.content_type = "a/b";
                        m.origin_id = "o";
                        m.properties = {{"k", "v"}};
                      }),
                 with("", [](Message& m) { m.gap = std::make_shared<const Gap>(); }),
                 with("\xff", [](Message& m) { m.kind = PayloadKind::binary; })};
  std::size_t left = 1;
  REQUIRE(write(reactor, sink, batch, &left).ok());
  CHECK(left == 0);
  CHECK(sink.at_hub());
  CHECK(sink.last_id() == "e-1");
  REQUIRE(server.requests().size() == 2);
  CHECK(contains(server.requests()[0], "Content-Type: x/y\r\n"));
  const std::string& bundle = server.requests()[1];
  CHECK(contains(bundle, "POST /c HTTP"));
  CHECK(contains(bundle, "Content-Type: application/x-ndjson\r\n"));
  CHECK(!contains(bundle, "old"));
  CHECK(!contains(bundle, "elsewhere"));
  const auto sent = envelopes(bundle);
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].payload == "two");
  CHECK(sent[0].content_type == "x/y");
  CHECK(sent[1].event == "e");
  CHECK(sent[1].qos == 1);
  CHECK(sent[1].retain);
  CHECK(sent[1].content_type == "a/b");
  CHECK(sent[1].origin_id == "o");
  CHECK(sent[1].properties.size() == 1);
  CHECK(sent[2].kind == PayloadKind::binary);

  REQUIRE(write(reactor, sink, {text("alone")}).ok());
  CHECK(body(server.requests()[2]) == "alone");
  REQUIRE(write(reactor, sink, {batch[2]}).ok());
  CHECK(envelopes(server.requests()[3]).at(0).event == "e");
}

TEST_CASE("what only an envelope can carry makes it ask who is there") {
  Reactor reactor;
  const MessagePtr named = with("x", [](Message& m) {
    m.event = "e";
    m.properties = {{"k", "v"}};
  });
  HttpClient client(reactor, {});
  SUBCASE("a hub") {
    AnsweringServer server(reactor, {"HTTP/1.1 404 Not Found\r\nRT-Next: e-0\r\n\r\n", kHubAnswer});
    HttpSink sink(client, {server.url("/c"), "", false});
    REQUIRE(write(reactor, sink, {named}).ok());
    CHECK(contains(server.requests()[0], "HEAD /c"));
    CHECK(envelopes(server.requests()[1]).at(0).event == "e");
  }
  SUBCASE("no hub") {
    AnsweringServer server(reactor, {"HTTP/1.1 405 No\r\n\r\n", answer("200 OK", "", "")});
    HttpSink sink(client, {server.url("/c"), "", false});
    REQUIRE(write(reactor, sink, {named, named}).ok());
    REQUIRE(server.requests().size() == 3);
    CHECK(body(server.requests()[1]) == "x");
  }
  SUBCASE("told so") {
    AnsweringServer server(reactor, {kHubAnswer});
    HttpSink sink(client, {server.url("/c"), "", true});
    REQUIRE(write(reactor, sink, {named, named}).ok());
    REQUIRE(server.requests().size() == 1);
    CHECK(envelopes(server.requests()[0]).size() == 2);
  }
}

TEST_CASE("bundles are bounded") {
  Reactor reactor;
  AnsweringServer server(reactor, {answer("201 Created", "", "{}")});
  HttpClient client(reactor, {});
  HttpSink sink(client, {server.url("/c"), "", true});
  Batch many;
  for (int i = 0; i < 2500; ++i) many.push_back(text(std::to_string(i)));
  REQUIRE(write(reactor, sink, many).ok());
  REQUIRE(server.requests().size() == 3);
  std::size_t next = 0;
  for (const std::string& request : server.requests()) {
    for (const Message& message : envelopes(request)) {
      CHECK(message.payload == std::to_string(next++));
    }
  }
  CHECK(next == 2500);

  Batch large;
  for (int i = 0; i < 4; ++i) large.push_back(text(std::string(400u << 10, 'x')));
  large.push_back(with(std::string(2u << 20, 'y'), [](Message& m) { m.qos = 1; }));
  REQUIRE(write(reactor, sink, large).ok());
  REQUIRE(server.requests().size() == 6);
  CHECK(body(server.requests()[3]).size() <= (1u << 20));
  CHECK(envelopes(server.requests()[3]).size() == 2);
  CHECK(envelopes(server.requests()[4]).size() == 2);
}

TEST_CASE("after an error the rest can be written, and nothing is sent twice") {
  Reactor reactor;
  AnsweringServer server(reactor,
                         {answer("200 OK", "", ""), answer("429 Slow", "Retry-After: 2\r\n", ""),
                          answer("200 OK", "", "")});
  HttpClient client(reactor, {});
  HttpSink sink(client, {server.url("/c"), "", false});
  const Batch batch = {text("1"), text("2"), text("3")};
  std::size_t left = 0;
  const auto failed = write(reactor, sink, batch, &left);
  REQUIRE(!failed.ok());
  CHECK(!failed.error().fatal());
  CHECK(left == 2);
  CHECK(sink.retry_after() == Milliseconds(2000));
  REQUIRE(write(reactor, sink, Batch(batch.begin() + 1, batch.end()), &left).ok());
  CHECK(left == 0);
  CHECK(!sink.retry_after());
  REQUIRE(server.requests().size() == 4);
  CHECK(body(server.requests()[1]) == "2");
  CHECK(body(server.requests()[2]) == "2");
  CHECK(body(server.requests()[3]) == "3");
}

TEST_CASE("refusals") {
  Reactor reactor;
  struct Case {
    std::string answer;
    Fault fault;
    const char* text;
  };
  const Case cases[] = {
      {answer("401 No", "", ""), Fault::refused, "401"},
      {answer("413 No", "", ""), Fault::other, "413"},
      {answer("303 See Other", "Location: /there\r\n", ""), Fault::other, "redirected to /there"},
      {answer("400 No", "Content-Type: application/problem+json\r\n", R"({"detail":"line 2"})"),
       Fault::other, "line 2"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.answer);
    AnsweringServer server(reactor, {c.answer});
    HttpClient client(reactor, {});
    HttpSink sink(client, {server.url("/c"), "", true});
    std::size_t left = 0;
    const auto failed = write(reactor, sink, {text("1"), text("2")}, &left);
    REQUIRE(!failed.ok());
    CHECK(failed.error().fatal());
    CHECK(failed.error().fault() == c.fault);
    CHECK(contains(failed.error().text(), c.text));
    CHECK(left == 2);
  }
}

}  // namespace
}  // namespace rt
