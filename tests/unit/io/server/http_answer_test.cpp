#include "io/server/http_answer.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

constexpr const char* kDate = "Date: now\r\n";

TEST_CASE("an answer's form follows from the request and the connection") {
  struct Case {
    int status;
    const char* body;
    AnswerForm form;
    const char* bytes;
  };
  const Case cases[] = {
      {200, "hello", {}, "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 5\r\n\r\nhello"},
      {200, "", {}, "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 0\r\n\r\n"},
      {200,
       "hello",
       {false, false, false},
       "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 5\r\nConnection: "
       "close\r\n\r\nhello"},
      {200,
       "hello",
       {true, true, false},
       "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 5\r\n\r\n"},
      {200,
       "hello",
       {true, false, true},
       "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 5\r\n"
       "Connection: keep-alive\r\n\r\nhello"},
      {200,
       "hello",
       {false, false, true},
       "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nContent-Length: 5\r\nConnection: "
       "close\r\n\r\nhello"},
      {204, "lost", {}, "HTTP/1.1 204 No Content\r\nDate: now\r\nA: b\r\n\r\n"},
      {304, "lost", {}, "HTTP/1.1 304 Not Modified\r\nDate: now\r\nA: b\r\n\r\n"},
  };
  for (const Case& c : cases) {
    Response response;
    response.status = c.status;
    response.fields.add("A", "b");
    response.body = c.body;
    std::string out = "before ";
    append_answer(out, response, kDate, c.form);
    CHECK(out == std::string("before ") + c.bytes);
  }
}

TEST_CASE("a stream's head ends with the connection") {
  std::string out;
  append_stream_head(out, {{"A", "b"}}, kDate);
  CHECK(out == "HTTP/1.1 200 OK\r\nDate: now\r\nA: b\r\nConnection: close\r\n\r\n");
}

TEST_CASE("a refusal closes and says why") {
  const Response response = refusal_answer(431, "the head is too long");
  CHECK(response.status == 431);
  CHECK(response.fields.find("Content-Type") == "application/problem+json");
  CHECK(response.body ==
        "{\"title\":\"Request Header Fields Too Large\",\"status\":431,"
        "\"detail\":\"the head is too long\"}\n");
}

}  // namespace
}  // namespace rt
