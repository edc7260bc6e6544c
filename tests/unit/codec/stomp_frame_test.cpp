#include "codec/stomp_frame.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

using namespace rt;
using namespace std::string_literals;

namespace {

struct Read {
  std::vector<StompFrame> frames;
  bool failed = false;

  bool operator==(const Read&) const = default;
};

Read read(const std::vector<std::string_view>& pieces, std::size_t most = 1000) {
  StompReader reader(most);
  Read out;
  for (const std::string_view piece : pieces) {
    out.failed = !reader.receive(piece);
    while (auto frame = reader.next()) out.frames.push_back(*std::move(frame));
    if (out.failed) break;
  }
  return out;
}

void check(const std::string& bytes, const Read& expected, std::size_t most = 1000) {
  CAPTURE(bytes);
  CHECK((read({bytes}, most) == expected));
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    CAPTURE(cut);
    const std::string_view all = bytes;
    CHECK((read({all.substr(0, cut), all.substr(cut)}, most) == expected));
  }
}

}  // namespace

TEST_CASE("frames are read whole and cut anywhere") {
  check("CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0"s,
        {{{"CONNECTED", {{"version", "1.2"}, {"heart-beat", "0,0"}}, ""}}});
  check("\n\r\n\nMESSAGE\r\na\\cb:c\\n\\r\\\\d\r\na\\cb:second\r\n\r\nbody\n\0\n"s,
        {{{"MESSAGE", {{"a:b", "c\n\r\\d"}, {"a:b", "second"}}, "body\n"}}});
  check(
      "MESSAGE\ncontent-length:3\n\na\0b\0\nRECEIPT\nreceipt-id:1\n\n\0"s,
      {{{"MESSAGE", {{"content-length", "3"}}, "a\0b"s}, {"RECEIPT", {{"receipt-id", "1"}}, ""}}});
  // What is no escape stays as it is, and CONNECTED knows none.
  check("MESSAGE\na:\\t\\\n\n\0CONNECTED\nb:\\c:\n\n\0"s,
        {{{"MESSAGE", {{"a", "\\t\\"}}, ""}, {"CONNECTED", {{"b", "\\c:"}}, ""}}});
  check("MESSAGE\n:empty\nname:\n\n\0"s, {{{"MESSAGE", {{"", "empty"}, {"name", ""}}, ""}}});
}

TEST_CASE("what is no frame is an error") {
  check("MESSAGE\nno colon\n\n\0"s, {{}, true});
  check("MESSAGE\ncontent-length:x\n\n\0"s, {{}, true});
  check("MESSAGE\ncontent-length:1\n\nab\0"s, {{}, true});
}

TEST_CASE("nothing grows without bound") {
  const std::string body(20, 'x');
  check("M\n\n"s + body + "\0"s, {{{"M", {}, body}}}, 20);
  CHECK(read({"M\n\n"s + body + "y\0"s}, 20).failed);
  CHECK(read({"M\n\n"s + body, "y"}, 20).failed);
  CHECK(read({"M\ncontent-length:21\n\n"}, 20).failed);
  CHECK(read({"M\ncontent-length:99999999999999999999\n\n"}, 20).failed);
  CHECK_FALSE(read({std::string(64u << 10, 'a')}).failed);
  CHECK(read({std::string((64u << 10) + 1, 'a')}).failed);
  CHECK(read({"M\na:" + std::string(64u << 10, 'a') + "\n\n"}).failed);
  std::string headers;
  for (int i = 0; i < 1001; ++i) headers += "a:b\n";
  CHECK(read({"M\n" + headers + "\n"}).failed);
  CHECK_FALSE(read({"M\n" + headers.substr(4) + "\n"}).failed);
  // Many frames at once take no time that grows with their square.
  std::string many;
  for (int i = 0; i < 200'000; ++i) many += "M\n\n\0"s;
  CHECK(read({many}).frames.size() == 200'000);
}

TEST_CASE("what is written is read as the same") {
  const StompFrame frames[] = {
      {"SEND", {{"destination", "/queue/a:b"}, {"x\n", "\\c\r"}}, "größe"},
      {"SEND", {}, ""},
      {"CONNECT", {{"passcode", "a:b\\c"}}, ""},
  };
  for (const StompFrame& frame : frames) {
    std::string bytes;
    append_stomp(bytes, frame);
    check(bytes, {{frame}});
  }
  std::string bytes;
  append_stomp(bytes, {"SEND", {{"a", "b"}}, "x\0\xff"s});
  CHECK(bytes == "SEND\na:b\ncontent-length:3\n\nx\0\xff\0"s);
}
