#include "codec/cookies.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace rt::http {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

TEST_CASE("cookies: what is kept, and where it goes") {
  struct Row {
    std::string set;
    CookiePlace from, to;
    std::string sent;
  };
  const CookiePlace plain{"h", false, "/a/b"};
  const CookiePlace secure{"h", true, "/a/b"};
  for (const Row& row : std::vector<Row>{
           {"a=1", plain, plain, "a=1"},
           {" a = 1 ; HttpOnly; SameSite=Lax", plain, plain, "a=1"},
           {"a=", plain, plain, "a="},
           {"a=\"1=2\"", plain, plain, "a=\"1=2\""},
           {"=1", plain, plain, ""},
           {"a", plain, plain, ""},
           {"", plain, plain, ""},
           {"a=\x01", plain, plain, ""},
           {"a=1\t2", plain, plain, ""},
           {"a=1; Path=/\ta", plain, plain, ""},
           {"\ta=1\t; Path=/", plain, plain, "a=1"},
           {"a=1", plain, {"other", false, "/a/b"}, ""},
           {"a=1", plain, {"x.h", false, "/a/b"}, ""},
           // The path is the request's directory, or what it says.
           {"a=1", plain, {"h", false, "/a/c"}, "a=1"},
           {"a=1", plain, {"h", false, "/a"}, "a=1"},
           {"a=1", plain, {"h", false, "/ab"}, ""},
           {"a=1", plain, {"h", false, "/"}, ""},
           {"a=1", {"h", false, "/a"}, {"h", false, "/z"}, "a=1"},
           {"a=1; Path=/", plain, {"h", false, "/z"}, "a=1"},
           {"a=1; path=/a/", plain, {"h", false, "/a/z"}, "a=1"},
           {"a=1; path=relative", plain, {"h", false, "/a/z"}, "a=1"},
           // Secure ones stay on TLS.
           {"a=1; Secure", secure, secure, "a=1"},
           {"a=1; Secure", secure, plain, ""},
           {"a=1; Secure", plain, secure, ""},
           {"a=1", plain, secure, "a=1"},
           // A domain must be the host's; it goes to no other all the same.
           {"a=1; Domain=h", plain, plain, "a=1"},
           {"a=1; Domain=.H", plain, plain, "a=1"},
           {"a=1; Domain=other", plain, plain, ""},
           {"a=1; Domain=b.c", {"a.b.c", false, "/"}, {"a.b.c", false, "/"}, "a=1"},
           {"a=1; Domain=b.c", {"a.b.c", false, "/"}, {"b.c", false, "/"}, ""},
           {"a=1; Domain=.b.c", {"ab.c", false, "/"}, {"ab.c", false, "/"}, ""},
           // Time.
           {"a=1; Max-Age=5", plain, plain, "a=1"},
           {"a=1; Max-Age=0", plain, plain, ""},
           {"a=1; Max-Age=-1", plain, plain, ""},
           {"a=1; Max-Age=x", plain, plain, "a=1"},
           {"a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", plain, plain, ""},
           {"a=1; Max-Age=5; Expires=Thu, 01 Jan 1970 00:00:00 GMT", plain, plain, "a=1"},
           {"a=1; Expires=Thu, 01 Jan 2060 00:00:00 GMT", plain, plain, "a=1"},
       }) {
    CAPTURE(row.set);
    Cookies cookies;
    cookies.store(row.set, row.from, kNow);
    CHECK(cookies.value_for(row.to, kNow, {}) == row.sent);
  }
}

TEST_CASE("cookies: several, replaced, gone and bounded") {
  const CookiePlace place{"h", false, "/"};
  Cookies cookies;
  cookies.store("a=1", place, kNow);
  cookies.store("b=2; Max-Age=10", place, kNow);
  CHECK(cookies.value_for(place, kNow, {}) == "a=1; b=2");
  // The user's own stand in front, and their names win.
  CHECK(cookies.value_for(place, kNow, "b=own; c=3") == "b=own; c=3; a=1");
  CHECK(cookies.value_for(place, kNow + 10, {}) == "a=1");
  cookies.store("a=new", place, kNow);
  CHECK(cookies.value_for(place, kNow, {}) == "b=2; a=new");
  cookies.store("a=; Max-Age=0", place, kNow);
  CHECK(cookies.value_for(place, kNow, {}) == "b=2");
  cookies.store("l=" + std::string(Cookies::kLongest, 'x'), place, kNow);
  CHECK(cookies.value_for(place, kNow, {}) == "b=2");
  for (int i = 0; i < 200; ++i) cookies.store("n" + std::to_string(i) + "=1", place, kNow);
  const std::string all = cookies.value_for(place, kNow, {});
  CHECK(all.find("n48=1") != std::string::npos);
  CHECK(all.find("n49=1") == std::string::npos);
}

TEST_CASE("cookies: a file in Netscape's format, as curl writes it") {
  const std::string file =
      "# Netscape HTTP Cookie File\n"
      "# https://curl.se/docs/http-cookies.html\n\n"
      "h\tFALSE\t/\tFALSE\t0\trun\t1\n"
      "#HttpOnly_h\tFALSE\t/a\tFALSE\t1800000000\tkept\t2\r\n"
      ".b.c\tTRUE\t/\tTRUE\t1800000000\twide\t3\n"
      "h\tFALSE\t/\tFALSE\t1600000000\tgone\t4\n"
      "h\tFALSE\t/\tFALSE\t0\tempty\n"
      "h\tFALSE\t/\tFALSE\tx\tbad\t5\n"
      "h\tFALSE\tx\tFALSE\t0\tbad\t5\n"
      "h\tFALSE\t/\tFALSE\t0\tbad\t\x01\n"
      "\tFALSE\t/\tFALSE\t0\tbad\t5\n"
      "h FALSE / FALSE 0 bad 5\n";
  Cookies cookies;
  cookies.read(file, kNow);
  const auto sent = [&](const CookiePlace& to) { return cookies.value_for(to, kNow, {}); };
  CHECK(sent({"h", false, "/a"}) == "run=1; kept=2; empty=");
  CHECK(sent({"h", false, "/z"}) == "run=1; empty=");
  CHECK(sent({"x.h", false, "/"}).empty());
  CHECK(sent({"b.c", true, "/"}) == "wide=3");
  CHECK(sent({"a.b.c", true, "/"}) == "wide=3");
  CHECK(sent({"a.b.c", false, "/"}).empty());
  CHECK(sent({"ab.c", true, "/"}).empty());

  cookies.store("new=5; Path=/; HttpOnly; Max-Age=10", {"h", false, "/"}, kNow);
  const std::string written = cookies.file(kNow);
  CHECK(written.starts_with("# Netscape HTTP Cookie File\n"));
  CHECK(written.find("\n#HttpOnly_h\tFALSE\t/\tFALSE\t1700000010\tnew\t5\n") != std::string::npos);
  CHECK(written.find("\n.b.c\tTRUE\t/\tTRUE\t1800000000\twide\t3\n") != std::string::npos);
  // As it was written it is read.
  Cookies again;
  again.read(written, kNow);
  CHECK(again.file(kNow) == written);
  CHECK(cookies.file(kNow + 20).find("new") == std::string::npos);
  // Those of a file take no room from those that servers set.
  std::string many;
  for (std::size_t i = 0; i < 2 * Cookies::kMost; ++i)
    many += "h\tFALSE\t/\tFALSE\t0\tn" + std::to_string(i) + "\tv\n";
  Cookies full;
  full.read(many, kNow);
  full.store("one=more", {"h", false, "/"}, kNow);
  CHECK(full.value_for({"h", false, "/"}, kNow, {}).ends_with("; one=more"));
}

TEST_CASE("cookies: a file that is cut anywhere") {
  const std::string line = "#HttpOnly_.h\tTRUE\t/\tFALSE\t1800000000\tn\tv\n";
  for (std::size_t i = 0; i <= line.size(); ++i) {
    Cookies cookies;
    cookies.read(line.substr(0, i), kNow);
    const std::string sent = cookies.value_for({"h", false, "/"}, kNow, {});
    CHECK((sent.empty() || sent == "n=" || sent == "n=v"));
  }
}

}  // namespace
}  // namespace rt::http
