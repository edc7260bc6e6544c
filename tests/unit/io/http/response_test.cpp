#include "io/http/response.hpp"

#include <doctest/doctest.h>

#include "io/trace/redact.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

HttpResponse response(int status, std::string type, std::string body) {
  HttpResponse out;
  out.status = status;
  if (!type.empty()) out.headers.emplace_back("content-type", std::move(type));
  out.body = std::move(body);
  return out;
}

TEST_CASE("status_error says whose fault and why") {
  struct Case {
    int status;
    const char* type;
    const char* body;
    Fault fault;
    bool fatal;
    const char* text;
  };
  const Case cases[] = {
      {401, "", "", Fault::refused, true,
       "HTTP 401 Unauthorized (credentials are missing or wrong: -u, --bearer-file)"},
      {403, "application/problem+json", R"({"title":"No","detail":"not \"you\""})", Fault::refused,
       true, R"(HTTP 403 Forbidden: not "you")"},
      {413, "application/problem+json", R"({"detail":"no message longer than 9 bytes"})",
       Fault::other, true, "HTTP 413 Content Too Large: no message longer than 9 bytes"},
      {403, "text/html", "<html>", Fault::refused, true,
       "HTTP 403 Forbidden (it wants other credentials, or another --origin)"},
      {400, "application/json", R"({"detail":"a\u001b[31m \u00e4\u202e\n"})", Fault::other, true,
       "HTTP 400 Bad Request: a\\x1B[31m \u00e4\\xE2\\x80\\xAE\\x0A"},
      {407, "", "", Fault::refused, true,
       "HTTP 407 Proxy Authentication Required (the proxy wants credentials: "
       "http://USER:PASSWORD@HOST:PORT)"},
      {404, "application/json", R"({"title": "no such thing"})", Fault::other, true,
       "HTTP 404 Not Found: no such thing (is the path right?)"},
      {404, "text/html", "<html>", Fault::other, true, "HTTP 404 Not Found (is the path right?)"},
      {400, "text/plain", "\n first \nsecond", Fault::other, true, "HTTP 400 Bad Request: first"},
      {400, "text/plain", "a\x1b[31mb", Fault::other, true, "HTTP 400 Bad Request: a\\x1B[31mb"},
      {408, "", "", Fault::other, false, "HTTP 408 Request Timeout"},
      {425, "", "", Fault::other, false, "HTTP 425"},
      {429, "", "", Fault::other, false, "HTTP 429 Too Many Requests"},
      {500, "", "", Fault::other, false, "HTTP 500 Internal Server Error"},
      {599, "", "", Fault::other, false, "HTTP 599"},
      {501, "", "", Fault::other, true, "HTTP 501 Not Implemented"},
      {400, "application/json", R"({"detail":"cut \)", Fault::other, true,
       R"(HTTP 400 Bad Request: cut \)"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text);
    const Error error = status_error(response(c.status, c.type, c.body));
    CHECK(error.fault() == c.fault);
    CHECK(error.fatal() == c.fatal);
    CHECK(error.text() == c.text);
    CHECK(error.cause() == Cause::http_status);
    CHECK(error.number() == c.status);
  }
}

TEST_CASE("a port for TLS that answers in clear text is told with the right URL") {
  HttpResponse answer =
      response(400, "text/plain", "Client sent an HTTP request to an HTTPS server.");
  answer.url = "http://h:8443/a?secret=1";
  const Error error = status_error(answer);
  CHECK(error.fault() == Fault::tls);
  CHECK(error.fatal());
  CHECK(error.text() == "HTTP 400 Bad Request: the port speaks TLS (try https://h:8443/a)");
  answer.url = "https://h:8443/a";
  CHECK(status_error(answer).fault() == Fault::other);
}

TEST_CASE("credentials that cannot be given, and a method that is not answered") {
  HttpResponse answer = response(401, "", "");
  answer.headers.emplace_back("www-authenticate", "Negotiate");
  CHECK(status_error(answer).text() ==
        "HTTP 401 Unauthorized (the server wants a kind of credentials that is not spoken here)");
  answer.headers.emplace_back("www-authenticate", "Digest realm=\"x\"");
  CHECK(status_error(answer).text() ==
        "HTTP 401 Unauthorized (credentials are missing or wrong: -u, --bearer-file)");
  CHECK(status_error(response(405, "", ""), "POST?").text() ==
        "HTTP 405 Method Not Allowed (POST?)");
}

TEST_CASE("Retry-After and freshness") {
  const WallTime now{std::chrono::microseconds(784111777LL * 1000000)};  // 06 Nov 1994 08:49:37
  struct Case {
    const char* header;
    std::optional<Milliseconds> time;
  };
  const Case retries[] = {
      {"", std::nullopt},
      {"5", Milliseconds(5000)},
      {" 0 ", Milliseconds(0)},
      {"99999999999999999999", std::nullopt},
      {"9999999999999999999", Milliseconds(86400000)},
      {"-1", std::nullopt},
      {"soon", std::nullopt},
      {"Sun, 06 Nov 1994 08:49:47 GMT", Milliseconds(10000)},
      {"Sun, 06 Nov 1994 08:49:27 GMT", Milliseconds(0)},
  };
  for (const Case& c : retries) {
    CAPTURE(c.header);
    HttpResponse r;
    r.headers.emplace_back("retry-after", c.header);
    CHECK(retry_after(r, now) == c.time);
  }
  const Case fresh[] = {
      {"", std::nullopt},
      {"max-age=5", Milliseconds(5000)},
      {"public, Max-Age=5", Milliseconds(5000)},
      {"max-age=5, no-cache", std::nullopt},
      {"no-store,max-age=5", std::nullopt},
      {"max-age=x", std::nullopt},
      {"max-age=99999999", Milliseconds(3600000)},
      {"s-maxage=5", std::nullopt},
  };
  for (const Case& c : fresh) {
    CAPTURE(c.header);
    HttpResponse r;
    r.headers.emplace_back("cache-control", c.header);
    CHECK(freshness(r) == c.time);
  }
  HttpResponse aged;
  aged.headers = {{"cache-control", "max-age=5"}, {"age", "3"}};
  CHECK(freshness(aged) == Milliseconds(2000));
  aged.headers[1].second = "9";
  CHECK(freshness(aged) == Milliseconds(0));
}

TEST_CASE("secrets are struck out") {
  const std::pair<const char*, const char*> cases[] = {
      {"Authorization: Basic abc\r\n", "Authorization: ***"},
      {"PROXY-authorization:x", "PROXY-authorization: ***"},
      {"Cookie: a=b", "Cookie: ***"},
      {"set-cookie: a=b", "set-cookie: ***"},
      {"X-Api-Key: 1", "X-Api-Key: ***"},
      {"h2h3 [authorization: Basic abc]", "h2h3 [authorization: ***"},
      {"WWW-Authenticate: Basic", "WWW-Authenticate: Basic"},
      {"GET /a?token=x&b=1 HTTP/1.1", "GET /a?token=***&b=1 HTTP/1.1"},
      {"GET /a?x=1&access_token=abc HTTP/1.1", "GET /a?x=1&access_token=*** HTTP/1.1"},
      {"GET /a?x&key=abc#f", "GET /a?x&key=***#f"},
      {"Location: http://u:p@h/x?secret=s", "Location: http://***@h/x?secret=***"},
      {"http://h/a@b", "http://h/a@b"},
      {"Server: a\x01", "Server: a\\x01"},
      {"Content-Type: text/plain", "Content-Type: text/plain"},
  };
  for (const auto& [line, shown] : cases) CHECK(redacted(line) == shown);
}

TEST_CASE("of a request's fields only those are shown that cannot be secrets") {
  const std::pair<const char*, const char*> cases[] = {
      {"GET /a:b?token=x HTTP/1.1", "GET /a:b?token=*** HTTP/1.1"},
      {"CONNECT h:443 HTTP/1.1", "CONNECT h:443 HTTP/1.1"},
      {"X-Session: SECRET", "X-Session: ***"},
      {"x-session:SECRET\r", "x-session: ***"},
      {"Authorization: Basic abc", "Authorization: ***"},
      {"Accept-Language: de", "Accept-Language: de"},
      {"If-None-Match: \"1\"", "If-None-Match: \"1\""},
      {"sec-websocket-protocol: rt.v1", "sec-websocket-protocol: rt.v1"},
      {"Host: h:1", "Host: h:1"},
      {"Hostage: x", "Hostage: ***"},
      {"h2h3 [x-session: SECRET]", "h2h3 [x-session: ***]"},
      {"h2h3 [:path: /a?token=x]", "h2h3 [:path: /a?token=***"},
      {"h2h3 [accept: */*]", "h2h3 [accept: */*]"},
      {"[HTTP/2] [1] [x-session: [SECRET]", "[HTTP/2] [1] [x-session: ***]"},
      {"Connected to h (127.0.0.1) port 1", "Connected to h (127.0.0.1) port 1"},
      {"TLSv1.3 (OUT), TLS handshake: x", "TLSv1.3 (OUT), TLS handshake: x"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.first);
    CHECK(redacted_request(one.first) == one.second);
  }
}

TEST_CASE("URLs of channels") {
  CHECK(with_query("http://h/x", "") == "http://h/x");
  CHECK(with_query("http://h/x#f", "a=1") == "http://h/x?a=1");
  CHECK(with_query("http://h/x?", "a=1") == "http://h/x?a=1");
  CHECK(with_query("http://h/x?b", "a=1") == "http://h/x?b&a=1");
  CHECK(with_query("http://h/x?b&", "a=1") == "http://h/x?b&a=1");
  CHECK(without_position("http://h/x?since=1&a=2&wait=3&b&limit=&last=9") == "http://h/x?a=2&b");
  CHECK(without_position("http://h/x?since=") == "http://h/x");
  CHECK(without_position("http://h/x?sinced=1") == "http://h/x?sinced=1");
  CHECK(channel_of_url("http://h/a%62/c?x#y") == "/ab/c");
  CHECK(channel_of_url("http://h") == "/");
  CHECK(channel_of_url("http://h?x=/y") == "/");
  CHECK(channel_of_url("https://h:1/a+b/../c") == "/a+b/../c");
}

}  // namespace
}  // namespace rt
