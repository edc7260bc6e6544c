#include <doctest/doctest.h>

#include "io/http/client.hpp"
#include "unit/io/http/test_server.hpp"

namespace rt {
namespace {

using test::answer;
using test::AnsweringServer;
using test::contains;
using test::drive;

using Headers = std::vector<std::pair<std::string, std::string>>;

HttpRequest request_of(std::string method, std::string url) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.headers = {{"Content-Type", "text/ours"}, {"Accept", "text/ours"}, {"RT-Event", "ours"}};
  if (request.method != "GET" && request.method != "HEAD") request.body = "the message";
  return request;
}

Result<HttpResponse> fetch(Reactor& reactor, HttpClient& client, const HttpRequest& request) {
  Result<HttpResponse> out = Error(Fault::other, "not done");
  const bool finished =
      drive(reactor, [&]() -> asio::awaitable<void> { out = co_await client.request(request); });
  CHECK(finished);
  return out;
}

std::string moved(int status, const std::string& to) {
  return answer(std::to_string(status) + " Moved", "Location: " + to + "\r\n", "");
}

TEST_CASE("which redirects are followed: with the same method and body, or not at all") {
  Reactor reactor;
  struct Case {
    int status;
    bool get, post;
  };
  for (const Case& c : {Case{301, true, false}, Case{302, true, false}, Case{303, true, false},
                        Case{307, true, true}, Case{308, true, true}}) {
    for (const char* method : {"GET", "POST", "PUT"}) {
      for (const bool elsewhere : {false, true}) {
        const bool follows = method == std::string("GET") ? c.get : c.post;
        CAPTURE(c.status);
        CAPTURE(method);
        CAPTURE(elsewhere);
        AnsweringServer other(reactor, {answer("201 Created", "", "there")});
        AnsweringServer first(
            reactor, {moved(c.status, elsewhere ? other.url("/end?token=t") : "/end?token=t"),
                      answer("201 Created", "", "there")});
        HttpClient client(reactor, {});
        const auto response = fetch(reactor, client, request_of(method, first.url("/start")));
        REQUIRE(response.ok());
        CHECK(response->status == (follows ? 201 : c.status));
        CHECK(first.requests().size() + other.requests().size() == (follows ? 2 : 1));
        if (!follows) {
          const Error error = status_error(*response);
          CHECK(error.fatal());
          CHECK(error.fault() == Fault::other);
          CHECK(contains(error.text(),
                         "/end?token=***, which was not followed (publish to that "
                         "URL: only after 307 and 308"));
          continue;
        }
        const std::string& second = elsewhere ? other.requests()[0] : first.requests()[1];
        CHECK(second.rfind(std::string(method) + " /end?token=t HTTP/1.1\r\n", 0) == 0);
        CHECK(contains(second, "\r\n\r\nthe message") == (method != std::string("GET")));
        CHECK(contains(second, "RT-Event: ours"));
        CHECK(contains(second, "Content-Type: text/ours"));
      }
    }
  }
}

TEST_CASE("a redirect of what is published that goes in a circle ends") {
  Reactor reactor;
  AnsweringServer server(reactor, {moved(308, "/again")});
  HttpClient client(reactor, {});
  const auto endless = fetch(reactor, client, request_of("POST", server.url()));
  REQUIRE(!endless.ok());
  CHECK(endless.error().fault() == Fault::protocol);
  CHECK(server.requests().size() == 11);
}

TEST_CASE("what of -H goes where a redirect leads") {
  Reactor reactor;
  struct Case {
    const char* name;
    const char* value;
    const char* elsewhere;  // empty: nothing under this name
  };
  const Case cases[] = {
      {"Authorization", "Custom s3cret", ""},
      {"Cookie", "c=1", ""},
      {"X-Api-Key", "k3y", ""},
      {"Private-Token", "tok3n", ""},
      {"X-Plain", "pl4in", ""},
      {"DPoP", "pr00f", ""},
      {"RT-Event", "m1ne", "ours"},
      {"Accept", "a/b", "a/b"},
      {"accept", "", ""},
      {"Content-Type", "a/b", "a/b"},
      {"User-Agent", "us3r", ""},
      {"Forwarded", "for=me", ""},
  };
  for (const Case& c : cases) {
    for (const char* method : {"GET", "POST"}) {
      for (const char* back : {"", "/back"}) {
        CAPTURE(c.name);
        CAPTURE(method);
        CAPTURE(back);
        AnsweringServer third(reactor, {answer("200 OK", "", "")});
        AnsweringServer other(reactor, {moved(307, *back != '\0' ? third.url(back) : "/stays"),
                                        answer("200 OK", "", "")});
        AnsweringServer first(reactor, {moved(308, "/same"), moved(307, other.url("/end"))});
        HttpOptions options;
        options.headers = Headers{{c.name, c.value}};
        HttpClient client(reactor, options);
        REQUIRE(fetch(reactor, client, request_of(method, first.url("/start"))).ok());
        const auto line = [&](const char* value) {
          return "\r\n" + std::string(c.name) + ": " + value + "\r\n";
        };
        REQUIRE(first.requests().size() == 2);
        for (const std::string& request : first.requests())
          CHECK(contains(request, line(c.value)) == (*c.value != '\0'));
        const std::string& last = *back != '\0' ? third.requests().at(0) : other.requests().at(1);
        for (const std::string& request : {other.requests().at(0), last}) {
          CAPTURE(request);
          if (*c.elsewhere != '\0') CHECK(contains(request, line(c.elsewhere)));
          if (*c.value != '\0' && std::string(c.value) != c.elsewhere)
            CHECK_FALSE(contains(request, c.value));
        }
      }
    }
  }
}

TEST_CASE("no credentials go where a redirect leads") {
  Reactor reactor;
  for (const bool bearer : {false, true}) {
    for (const char* method : {"GET", "POST"}) {
      AnsweringServer other(reactor, {answer("200 OK", "", "")});
      AnsweringServer first(reactor, {moved(307, "/same"), moved(307, other.url("/end"))});
      HttpOptions options;
      if (bearer) {
        options.bearer = "b";
      } else {
        options.user = "u";
        options.password = "p";
      }
      HttpClient client(reactor, options);
      REQUIRE(fetch(reactor, client, request_of(method, first.url("/start"))).ok());
      CHECK(contains(first.requests().at(0), "Authorization: "));
      CHECK(contains(first.requests().at(1), "Authorization: "));
      CHECK_FALSE(contains(other.requests().at(0), "Authorization"));
    }
  }
}

}  // namespace
}  // namespace rt
