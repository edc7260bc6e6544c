#include "codec/http1.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/codec/http1_transcript.hpp"

using namespace rt;
using namespace rt::http1;
using namespace std::string_literals;
using State = RequestDecoder::State;

namespace {

static_assert(sizeof(RequestDecoder) <= 48);

const Limits kDefault;

struct Case {
  const char* name;
  std::string input;
  std::string brief;
};

// Whole, byte by byte, in threes, and cut once at every byte.
void check(const Case& c, const Limits& limits = kDefault) {
  CAPTURE(c.name);
  const auto whole = test::http1_transcript(c.input, limits, [&] { return c.input.size(); });
  CHECK(whole.brief == c.brief);
  for (const std::size_t size : {std::size_t{1}, std::size_t{3}}) {
    CAPTURE(size);
    CHECK(test::http1_transcript(c.input, limits, [size] { return size; }).full == whole.full);
  }
  for (std::size_t cut = 1; cut < c.input.size(); ++cut) {
    std::size_t next = cut;
    const auto sizes = [&] { return std::exchange(next, c.input.size()); };
    const auto parts = test::http1_transcript(c.input, limits, sizes);
    if (parts.full == whole.full) continue;
    CAPTURE(cut);
    CHECK(parts.full == whole.full);
  }
}

std::string get(std::string_view fields) {
  return std::string("GET / HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
}

std::string post(std::string_view fields, std::string_view body) {
  std::string request = "POST / HTTP/1.1\r\nHost: h\r\n";
  return request.append(fields).append("\r\n").append(body);
}

std::string chunked(std::string_view body) {
  return post("Transfer-Encoding: chunked\r\n", body);
}

}  // namespace

TEST_CASE("http1: requests that are accepted") {
  const Case cases[] = {
      {"nothing", "", ""},
      {"plain", get(""), "GET / @h"},
      {"query", "GET /a/b?since=1&x=%20 HTTP/1.1\r\nHost: h:8080\r\n\r\n",
       "GET /a/b?since=1&x=%20 @h:8080"},
      {"unknown method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /pot @h"},
      {"any token is a method", "!#$%&'*+-.^_`|~09Az / HTTP/1.1\r\nHost: h\r\n\r\n",
       "!#$%&'*+-.^_`|~09Az / @h"},
      {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * @h"},
      {"absolute form replaces Host", "GET http://a.example:81/x?y HTTP/1.1\r\nHost: b\r\n\r\n",
       "GET /x?y @a.example:81"},
      {"absolute form, no path", "GET HTTPS://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET / @a"},
      {"absolute form, only a query", "GET http://a?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET ?q @a"},
      {"raw UTF-8 in the target", "GET /\xC3\xBC HTTP/1.1\r\nHost: h\r\n\r\n", "GET /\xC3\xBC @h"},
      {"two slashes", "GET //a//b HTTP/1.1\r\nHost: h\r\n\r\n", "GET //a//b @h"},
      {"edge cases", "GET / HTTP/1.1\r\nhoSt:\texample.com\r\nempty:\r\n\r\n",
       "GET / @example.com"},
      {"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / @"},
      {"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / @[::1]:80"},
      {"host with an empty port", "GET / HTTP/1.1\r\nHost: h:\r\n\r\n", "GET / @h:"},
      {"tab and obs-text in a value", get("X: a\tb \xFF\x80\r\n"), "GET / @h"},
      {"close", get("Connection: Close\r\n"), "GET / @h close"},
      {"close in a list", get("Connection: upgrade , close\r\n"), "GET / @h close"},
      {"close in the second field", get("Connection: x\r\nConnection: close\r\n"),
       "GET / @h close"},
      {"close beats keep-alive", get("Connection: keep-alive, close\r\n"), "GET / @h close"},
      {"1.0", "GET / HTTP/1.0\r\n\r\n", "GET / @ close"},
      {"1.0 with host", "GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET / @h close"},
      {"1.0 keep-alive", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "GET / @"},
      {"1.0 ignores expectations", "GET / HTTP/1.0\r\nExpect: x\r\n\r\n", "GET / @ close"},
      {"a later minor version", "GET / HTTP/1.9\r\nHost: h\r\n\r\n", "GET / @h"},
      {"empty lines first", "\r\n\r\n\r\n\r\n" + get(""), "GET / @h"},
      {"only empty lines", "\r\n\r\n", ""},
      {"half an empty line", "\r\n\r", "(head)"},
      {"half a request line", "GET / HT", "(head)"},
      {"no end of the head", "GET / HTTP/1.1\r\nHost: h\r\n", "(head)"},
      {"length", post("Content-Length: 5\r\n", "hello"), "POST / @h [hello]"},
      {"length zero", post("Content-Length: 0\r\n", ""), "POST / @h"},
      {"length with zeros before it", post("Content-Length: 0005\r\n", "hello"),
       "POST / @h [hello]"},
      {"half a body", post("Content-Length: 5\r\n", "hel"), "(body)"},
      {"no framing is no body", post("", ""), "POST / @h"},
      {"expect", post("Expect: 100-Continue\r\nContent-Length: 2\r\n", "ok"),
       "POST / @h [ok] expect"},
      {"pipelined", get("") + post("Content-Length: 2\r\n", "ok") + get("Connection: close\r\n"),
       "GET / @h | POST / @h [ok] | GET / @h close"},
      {"an empty line between", post("Content-Length: 2\r\n", "ok") + "\r\n" + get(""),
       "POST / @h [ok] | GET / @h"},
      {"an empty line before each",
       "\r\n" + get("") + "\r\n" + get("") + "\r\n" + get("") + "\r\n" + get("") + "\r\n" + get(""),
       "GET / @h | GET / @h | GET / @h | GET / @h | GET / @h"},
      {"then half a request", get("") + "GE", "GET / @h | (head)"},
      {"then rubbish", get("") + "\x16\x03\x01", "GET / @h | 400"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("http1: chunked bodies") {
  const Case cases[] = {
      {"one", chunked("5\r\nhello\r\n0\r\n\r\n"), "POST / @h [hello]"},
      {"two", chunked("5\r\nhello\r\nB\r\n, you there\r\n0\r\n\r\n"),
       "POST / @h [hello, you there]"},
      {"empty", chunked("0\r\n\r\n"), "POST / @h"},
      {"several zeros", chunked("005\r\nhello\r\n000\r\n\r\n"), "POST / @h [hello]"},
      {"case of the coding", post("transfer-encoding:ChunkeD\r\n", "1\r\na\r\n0\r\n\r\n"),
       "POST / @h [a]"},
      {"line ends are data", chunked("4\r\n\r\n\r\n\r\n0\r\n\r\n"), "POST / @h [\r\n\r\n]"},
      {"extensions", chunked("1;a\r\na\r\n1 ; b=\"c;d\"\r\nb\r\n0;z\r\n\r\n"), "POST / @h [ab]"},
      {"trailers", chunked("1\r\na\r\n0\r\nX: y\r\nHost: evil\r\nZ:\r\n\r\n"), "POST / @h [a]"},
      {"pipelined", chunked("1\r\na\r\n0\r\n\r\n") + get(""), "POST / @h [a] | GET / @h"},
      {"not at its end", chunked("1\r\na\r\n0\r\n"), "(body)"},

      {"no size", chunked("\r\na\r\n0\r\n\r\n"), "400"},
      {"0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"minus", chunked("-5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"white space before", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400"},
      {"white space after", chunked("5 \r\nhello\r\n0\r\n\r\n"), "400"},
      {"underscore", chunked("1_0\r\n"), "400"},
      {"bare LF after the size", chunked("5\nhello\r\n0\r\n\r\n"), "400"},
      {"bare CR after the size", chunked("5\rhello\r\n0\r\n\r\n"), "400"},
      {"bare LF in an extension", chunked("5;a\nhello\r\n0\r\n\r\n"), "400"},
      {"bare CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), "400"},
      {"NUL in an extension", chunked("5;\0\r\nhello\r\n"s), "400"},
      {"bare LF after the data", chunked("5\r\nhello\n0\r\n\r\n"), "400"},
      {"data longer than the size", chunked("4\r\nhello\r\n0\r\n\r\n"), "400"},
      {"CR and no LF after the data", chunked("5\r\nhello\rX0\r\n\r\n"), "400"},
      {"bare LF at the end", chunked("0\r\n\n"), "400"},
      {"bare CR at the end", chunked("0\r\n\rX"), "400"},
      {"a trailer without a colon", chunked("0\r\nabc\r\n\r\n"), "400"},
      {"a trailer without a name", chunked("0\r\n: v\r\n\r\n"), "400"},
      {"a folded trailer", chunked("0\r\na: b\r\n c\r\n\r\n"), "400"},
      {"white space in a trailer's name", chunked("0\r\na : b\r\n\r\n"), "400"},
      {"bare LF in a trailer", chunked("0\r\na: b\n\r\n"), "400"},
      {"NUL in a trailer", chunked("0\r\na: \0\r\n\r\n"s), "400"},
      {"size over 64 bits", chunked("10000000000000005\r\nhello\r\n"), "413"},
      {"size of 64 bits", chunked("ffffffffffffffff\r\n"), "413"},
      {"zeros without end", chunked("00000000000000005\r\nhello\r\n"), "400"},
  };
  for (const Case& c : cases) check(c);

  // The sum at which 64 bits wrap around, with no limit to catch it first.
  Limits unlimited;
  unlimited.max_body = std::numeric_limits<std::size_t>::max();
  check({"two chunks over 64 bits", chunked("5\r\nhello\r\nffffffffffffffff\r\n"), "413"},
        unlimited);
  check({"a length over 64 bits", post("Content-Length: 18446744073709551616\r\n", ""), "413"},
        unlimited);
  check({"a length of 64 bits", post("Content-Length: 18446744073709551615\r\n", "a"), "(body)"},
        unlimited);
}

TEST_CASE("http1: request lines that are refused") {
  const Case cases[] = {
      {"no version", "GET /\r\n\r\n", "400"},
      {"no target", "GET HTTP/1.1\r\n\r\n", "400"},
      {"empty target", "GET  HTTP/1.1\r\n\r\n", "400"},
      {"only a method", "GET\r\n\r\n", "400"},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"two spaces before the version", "GET /  HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"tab", "GET\t/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"tab before the version", "GET /\tHTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"space first", " GET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"space last", "GET / HTTP/1.1 \r\nHost: h\r\n\r\n", "400"},
      {"space in the target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"a line before", "Extra lineGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"method not a token", "G(T / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"bare LF", "GET / HTTP/1.1\nHost: h\n\n", "400"},
      {"bare CR", "GET / HTTP/1.1\rHost: h\r\n\r\n", "400"},
      {"CR CR LF", "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n", "400"},
      {"LF first", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"CR first", "\rGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"five empty lines", "\r\n\r\n\r\n\r\n\r\n" + get(""), "400"},
      {"TLS", "\x16\x03\x01\x02", "400"},
      {"NUL in the method", "G\0T / HTTP/1.1\r\nHost: h\r\n\r\n"s, "400"},
      {"NUL in the target", "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s, "400"},
      {"DEL in the target", "GET /\x7F HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"CR in the target", "GET /\ra HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"fragment", "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"only a query", "GET ?a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"asterisk with GET", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"asterisk and more", "OPTIONS *a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"authority form", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"another scheme", "GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"absolute form, no authority", "GET http:///a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"absolute form, user", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"absolute form, bad port", "GET http://h:8a/ HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
      {"absolute form without Host", "GET http://h/ HTTP/1.1\r\n\r\n", "400"},
      {"version's case", "GET / http/1.1\r\nHost: h\r\n\r\n", "400"},
      {"version of two digits", "GET / HTTP/1.10\r\nHost: h\r\n\r\n", "400"},
      {"version without a minor", "GET / HTTP/1\r\nHost: h\r\n\r\n", "400"},
      {"another protocol", "GET / HTTQ/1.1\r\nHost: h\r\n\r\n", "400"},
      {"version with a comma", "GET / HTTP/1,1\r\nHost: h\r\n\r\n", "400"},
      {"HTTP/0.9", "GET / HTTP/0.9\r\nHost: h\r\n\r\n", "505"},
      {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
      {"HTTP/9.9", "GET / HTTP/9.9\r\nHost: h\r\n\r\n", "505"},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"long method", std::string(33, 'M') + " / HTTP/1.1\r\nHost: h\r\n\r\n", "501"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("http1: header fields that are refused") {
  const Case cases[] = {
      {"no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "400"},
      {"two Hosts", get("Host: h\r\n"), "400"},
      {"two Hosts in 1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
      {"Host with a user", "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "400"},
      {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "400"},
      {"Host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
      {"Host list", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", "400"},
      {"Host with a bad port", "GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "400"},
      {"Host with two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", "400"},
      {"Host with only a port", "GET / HTTP/1.1\r\nHost: :1\r\n\r\n", "400"},
      {"Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "400"},
      {"Host with empty brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", "400"},
      {"Host with a name in brackets", "GET / HTTP/1.1\r\nHost: [evil.example]\r\n\r\n", "400"},
      {"Host with IPv4 in brackets", "GET / HTTP/1.1\r\nHost: [1.2.3.4]\r\n\r\n", "400"},
      {"target with a name in brackets", "GET http://[a.b]/ HTTP/1.1\r\nHost: a\r\n\r\n", "400"},
      {"Host with a bad escape", "GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", "400"},
      {"Host with half an escape", "GET / HTTP/1.1\r\nHost: a%2\r\n\r\n", "400"},
      {"Host with more after the bracket", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", "400"},
      {"Host not ASCII", "GET / HTTP/1.1\r\nHost: \xC3\xBC\r\n\r\n", "400"},
      {"space before the colon", get("X : y\r\n"), "400"},
      {"tab before the colon", get("X\t: y\r\n"), "400"},
      {"folded", get("X: y\r\n z\r\n"), "400"},
      {"folded with a tab", get("X: y\r\n\tz\r\n"), "400"},
      {"space before the first field", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400"},
      {"a line of spaces", get(" \r\n"), "400"},
      {"no colon", get("X\r\n"), "400"},
      {"no name", get(": y\r\n"), "400"},
      {"name with brackets", get("X[]: y\r\n"), "400"},
      {"name with a quote", get("X\"Y: y\r\n"), "400"},
      {"name with NUL", get("X\0Y: y\r\n"s), "400"},
      {"name not ASCII", get("X\xC3\xBC: y\r\n"), "400"},
      {"bare LF in a value", get("X: y\nZ: y\r\n"), "400"},
      {"bare LF at a line's end", get("X: y\n"), "400"},
      {"bare LF at the head's end", "GET / HTTP/1.1\r\nHost: h\r\n\n", "400"},
      {"bare CR in a value", get("X: y\rContent-Length: 5\r\n"), "400"},
      {"CR CR LF", get("X: y\r\r\n"), "400"},
      {"bare CR at the head's end", "GET / HTTP/1.1\r\nHost: h\r\n\rGET /", "(head)"},
      {"bare CR and a line", "GET / HTTP/1.1\r\nHost: h\r\n\rX: y\r\n\r\n", "400"},
      {"NUL in a value", get("X: a\0b\r\n"s), "400"},
      {"BEL in a long value",
       get("X: 0123456789abcde\x07"
           "0123456789\r\n"),
       "400"},
      {"DEL in a long value",
       get("X: 0123456789abcde\x7F"
           "0123456789\r\n"),
       "400"},
      {"unknown expectation", get("Expect: 200-ok\r\n"), "417"},
      {"unknown expectation in a list", get("Expect: 100-continue, x\r\n"), "417"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("http1: request smuggling") {
  const std::string next = "GET /evil HTTP/1.1\r\nHost: h\r\n\r\n";
  const std::string end = "0\r\n\r\n" + next;
  const Case cases[] = {
      {"CL.TE", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", end), "400"},
      {"TE.CL", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", end), "400"},
      {"CL 0 and TE", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", end), "400"},
      {"TE identity and CL", post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", end),
       "400"},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", end), "400"},
      {"two lengths, the same", post("Content-Length: 5\r\nContent-Length: 5\r\n", end), "400"},
      {"length list", post("Content-Length: 5, 5\r\n", end), "400"},
      {"length list of two", post("Content-Length: 5,6\r\n", end), "400"},
      {"length with a comma", post("Content-Length: 5,\r\n", end), "400"},
      {"plus", post("Content-Length: +5\r\n", end), "400"},
      {"minus", post("Content-Length: -5\r\n", end), "400"},
      {"minus, overflowing", post("Content-Length: -123456789123456789123456789\r\n", end), "400"},
      {"hexadecimal", post("Content-Length: 0x5\r\n", end), "400"},
      {"letters", post("Content-Length: abc\r\n", end), "400"},
      {"fraction", post("Content-Length: 5.0\r\n", end), "400"},
      {"exponent", post("Content-Length: 5e0\r\n", end), "400"},
      {"underscore", post("Content-Length: 1_0\r\n", end), "400"},
      {"inner space", post("Content-Length: 1 0\r\n", end), "400"},
      {"empty length", post("Content-Length:\r\n", end), "400"},
      {"quoted length", post("Content-Length: \"5\"\r\n", end), "400"},
      {"length with NUL", post("Content-Length: 5\0\r\n"s, end), "400"},
      {"length with VT",
       post("Content-Length: \x0B"
            "5\r\n",
            end),
       "400"},
      {"length, space before the colon", post("Content-Length : 5\r\n", end), "400"},
      {"length, folded", post("Content-Length:\r\n 5\r\n", end), "400"},
      {"huge length", post("Content-Length: 99999999999999999999999\r\n", end), "413"},
      {"TE, space before the colon", post("Transfer-Encoding : chunked\r\n", end), "400"},
      {"TE, folded", post("Transfer-Encoding:\r\n chunked\r\n", end), "400"},
      {"TE in the line before, folded", post("X: y\r\n Transfer-Encoding: chunked\r\n", end),
       "400"},
      {"TE, VT before it",
       post("Transfer-Encoding: \x0B"
            "chunked\r\n",
            end),
       "400"},
      {"TE, FF after it", post("Transfer-Encoding: chunked\x0C\r\n", end), "400"},
      {"TE, NUL after it", post("Transfer-Encoding: chunked\0\r\n"s, end), "400"},
      {"TE, NEL before it",
       post("Transfer-Encoding: \x85"
            "chunked\r\n",
            end),
       "400"},
      {"TE, CR before it", post("X: y\rTransfer-Encoding: chunked\r\n", end), "400"},
      {"TE, LF before it", post("X: y\nTransfer-Encoding: chunked\r\n", end), "400"},
      {"TE, quoted", post("Transfer-Encoding: \"chunked\"\r\n", end), "400"},
      {"TE, parameter", post("Transfer-Encoding: chunked;a=b\r\n", end), "400"},
      {"TE, misspelt", post("Transfer-Encoding: xchunked\r\n", end), "400"},
      {"TE, cut short", post("Transfer-Encoding: chunke\r\n", end), "400"},
      {"TE, empty", post("Transfer-Encoding:\r\n", end), "400"},
      {"TE, comma before", post("Transfer-Encoding: ,chunked\r\n", end), "400"},
      {"TE, comma after", post("Transfer-Encoding: chunked,\r\n", end), "400"},
      {"TE identity", post("Transfer-Encoding: identity\r\n", end), "400"},
      {"TE gzip", post("Transfer-Encoding: gzip\r\n", end), "400"},
      {"TE gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", end), "501"},
      {"TE chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", end), "400"},
      {"TE identity, chunked", post("Transfer-Encoding: identity, chunked\r\n", end), "501"},
      {"TE chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", end), "400"},
      {"two TEs", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", end), "400"},
      {"TE and a bad TE", post("Transfer-Encoding: chunked\r\nTransfer-encoding: x\r\n", end),
       "400"},
      {"TE in HTTP/1.0", "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + end,
       "400"},
      {"TE under another name is none", post("Transfer_Encoding: chunked\r\n", next),
       "POST / @h | GET /evil @h"},
      {"the body is no request",
       post("Content-Length: " + std::to_string(next.size()) + "\r\n", next),
       "POST / @h [" + next + "]"},
      {"a GET's body is its own", get("Content-Length: 5\r\n") + "hello" + next,
       "GET / @h [hello] | GET /evil @h"},
  };
  for (const Case& c : cases) check(c);
}

TEST_CASE("http1: limits are exact") {
  const std::string head = get("X: 0123456789\r\n");
  Limits limits;
  limits.max_head = head.size();
  check({"head fits", "\r\n" + head, "GET / @h"}, limits);
  limits.max_head = head.size() - 1;
  check({"head is one too long", head, "431"}, limits);
  check({"head without an end", get("").substr(0, 20) + std::string(100, 'x'), "431"}, limits);
  check({"head without an end, of just that size", head.substr(0, head.size() - 1), "431"}, limits);
  check({"the request before does not count", get("") + get(""), "GET / @h | GET / @h"}, limits);

  limits = {};
  limits.max_target = 10;
  check({"target fits", "GET /123456789 HTTP/1.1\r\nHost: h\r\n\r\n", "GET /123456789 @h"}, limits);
  check({"target is one too long", "GET /123456789a HTTP/1.1\r\nHost: h\r\n\r\n", "414"}, limits);
  check({"target without an end", "GET /" + std::string(100, 'a'), "414"}, limits);
  check({"longest method and target",
         std::string(32, 'M') + " /123456789 HTTP/1.1\r\nHost: h\r\n\r\n",
         std::string(32, 'M') + " /123456789 @h"},
        limits);

  limits = {};
  limits.max_headers = 3;
  check({"fields fit", get("A: 1\r\nB: 2\r\n"), "GET / @h"}, limits);
  check({"one field too many", get("A: 1\r\nB: 2\r\nC: 3\r\n"), "431"}, limits);
  check({"a bad field comes after", get("A: 1\r\nB: 2\r\nC: 3\r\nD\r\n"), "431"}, limits);
  check({"a bad field comes first", get("A: 1\r\nB\r\nC: 3\r\nD: 4\r\n"), "400"}, limits);

  limits = {};
  limits.max_body = 10;
  check({"length fits", post("Content-Length: 10\r\n", "0123456789"), "POST / @h [0123456789]"},
        limits);
  check({"length is over", post("Content-Length: 11\r\n", ""), "413"}, limits);
  check({"chunks fit", chunked("6\r\n012345\r\n4\r\n6789\r\n0\r\n\r\n"), "POST / @h [0123456789]"},
        limits);
  check({"chunks are over", chunked("6\r\n012345\r\n5\r\n"), "413"}, limits);
  check({"a chunk is over", chunked("b\r\n"), "413"}, limits);
  limits.max_body = 0;
  check({"no body at all", chunked("0\r\n\r\n"), "POST / @h"}, limits);
  check({"a byte of body", post("Content-Length: 1\r\n", ""), "413"}, limits);
}

TEST_CASE("http1: what surrounds a chunked body is bounded") {
  struct Row {
    const char* name;
    std::string start;
    std::string repeated;
    int status;
  };
  const Row rows[] = {
      {"one extension", chunked("1;"), "x", 400},
      {"many extensions", chunked(""), "1;xxxxxxxxxxxxxxxx\r\na\r\n", 400},
      {"white space before an extension", chunked("1"), " ", 400},
      {"one trailer", chunked("0\r\nX: "), "x", 431},
      {"a trailer's name", chunked("0\r\n"), "x", 431},
      {"many trailers", chunked("0\r\n"), "X: y\r\n", 431},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    RequestDecoder decoder(kDefault);
    Request request;
    decoder.receive(row.start, request);
    int rounds = 0;
    while (decoder.state() == State::body && ++rounds < 100000) {
      decoder.receive(row.repeated, request);
    }
    CHECK(decoder.state() == State::failed);
    CHECK(decoder.status() == row.status);
    CHECK_FALSE(decoder.reason().empty());
  }
}

TEST_CASE("http1: a request that comes whole is not copied") {
  const std::string bytes = post("Content-Length: 5\r\nX-Name: value\r\n", "hello") + "GET";
  RequestDecoder decoder(kDefault);
  Request request;
  const auto inside = [&](std::string_view view) {
    return view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size();
  };
  CHECK(decoder.receive(bytes, request) == bytes.size() - 3);
  REQUIRE(decoder.state() == State::complete);
  CHECK(decoder.receive("GET", request) == 0);
  CHECK(inside(request.method));
  CHECK(inside(request.path));
  CHECK(inside(request.authority));
  CHECK(inside(request.value("x-name")));
  CHECK(inside(request.body));
  CHECK(request.has_body);
  CHECK(decoder.take_body(request) == "hello");
}

TEST_CASE("http1: the head can be answered before the body comes") {
  const std::string head = post("Expect: 100-continue\r\nContent-Length: 5\r\n", "");
  RequestDecoder decoder(kDefault);
  Request request;
  request.body = "left from another request";
  {
    const std::string bytes = head + "he";
    CHECK(decoder.receive(bytes, request) == bytes.size());
  }
  REQUIRE(decoder.state() == State::body);
  CHECK(request.method == "POST");
  CHECK(request.expect_continue);
  CHECK(request.has_body);
  CHECK(request.value("content-length") == "5");
  CHECK(request.body.empty());

  // Another connection uses the scratch in between, and the decoder moves.
  RequestDecoder other(kDefault);
  other.receive("GET /other HTTP/1.1\r\nHost: o\r\n\r\n", request);
  RequestDecoder moved(std::move(decoder));
  CHECK(moved.receive("lloGET", request) == 3);
  REQUIRE(moved.state() == State::complete);
  CHECK(request.method == "POST");
  CHECK(request.authority == "h");
  CHECK(request.body == "hello");
  CHECK(moved.take_body(request) == "hello");
  moved.reset();
  CHECK(moved.state() == State::idle);
}

TEST_CASE("http1: a long body has no more room than it needs") {
  const std::string body(1'000'000, 'b');
  const std::string whole = post("Content-Length: 1000000\r\n", body);
  const std::string chunked =
      post("Transfer-Encoding: chunked\r\n", "f4240\r\n" + body + "\r\n0\r\n\r\n");
  for (const std::string& bytes : {whole, chunked}) {
    RequestDecoder decoder(kDefault);
    Request request;
    for (std::string_view rest = bytes; !rest.empty();) {
      const std::size_t taken = decoder.receive(rest.substr(0, 4096), request);
      REQUIRE(taken > 0);
      rest.remove_prefix(taken);
    }
    REQUIRE(decoder.state() == State::complete);
    const std::string got = decoder.take_body(request);
    CHECK((got == body));
    CHECK(got.capacity() <= body.size() / 4 * 5);
  }
}

TEST_CASE("http1: a refusal ends the connection") {
  RequestDecoder decoder(kDefault);
  Request request;
  CHECK(decoder.status() == 0);
  decoder.receive("nonsense\r\n", request);
  REQUIRE(decoder.state() == State::failed);
  CHECK(decoder.status() == 400);
  CHECK(decoder.reason() == "malformed request line");
  CHECK(decoder.receive(get(""), request) == 0);
  CHECK(decoder.state() == State::failed);
}

TEST_CASE("http1: target, path and query") {
  struct Row {
    const char* sent;
    const char* target;
    const char* path;
    const char* query;
  };
  const Row rows[] = {
      {"/", "/", "/", ""},
      {"/a?", "/a?", "/a", ""},
      {"/a?b?c", "/a?b?c", "/a", "b?c"},
      {"http://x", "/", "/", ""},
      {"http://x?q=1", "?q=1", "/", "q=1"},
      {"http://x/p?q", "/p?q", "/p", "q"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.sent);
    const std::string bytes = "GET "s + row.sent + " HTTP/1.1\r\nHost: h\r\n\r\n";
    RequestDecoder decoder(kDefault);
    Request request;
    decoder.receive(bytes, request);
    REQUIRE(decoder.state() == State::complete);
    CHECK(request.target == row.target);
    CHECK(request.path == row.path);
    CHECK(request.query == row.query);
  }
}
