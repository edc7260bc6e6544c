#include "codec/sse.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

using namespace rt::sse;

namespace rt::sse {
std::ostream& operator<<(std::ostream& out, const Event& event) {
  return out << "{event '" << event.event << "', data '" << event.data << "', id '"
             << event.last_event_id << "'" << (event.too_long ? ", too long}" : "}");
}
}  // namespace rt::sse

namespace {

struct Outcome {
  std::vector<Event> events = {};
  std::string last_event_id = {};
  std::optional<std::uint64_t> retry = {};
  bool mid_event = false;
  bool failed = false;

  bool operator==(const Outcome&) const = default;
};

Outcome decode(const std::vector<std::string_view>& pieces, Decoder decoder = Decoder()) {
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    if (!decoder.receive(piece)) outcome.failed = true;
    while (auto event = decoder.next()) outcome.events.push_back(*event);
  }
  outcome.last_event_id = decoder.last_event_id();
  outcome.retry = decoder.reconnection_time();
  outcome.mid_event = decoder.mid_event();
  return outcome;
}

// The stream whole, cut at every byte, and byte by byte.
void check(std::string_view stream, const Outcome& expected, const Decoder& decoder = Decoder()) {
  CAPTURE(stream);
  const Outcome whole = decode({stream}, decoder);
  CHECK(whole.events == expected.events);
  CHECK(whole.last_event_id == expected.last_event_id);
  CHECK(whole.retry == expected.retry);
  CHECK(whole.mid_event == expected.mid_event);
  CHECK(whole.failed == expected.failed);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    CAPTURE(cut);
    CHECK(decode({stream.substr(0, cut), "", stream.substr(cut)}, decoder) == expected);
  }
  std::vector<std::string_view> bytes;
  for (std::size_t i = 0; i < stream.size(); ++i) bytes.push_back(stream.substr(i, 1));
  CHECK(decode(bytes, decoder) == expected);
}

struct Row {
  std::string stream;
  Outcome outcome;
};

void check_all(const std::vector<Row>& rows) {
  for (const Row& row : rows) check(row.stream, row.outcome);
}

}  // namespace

TEST_CASE("the standard's own examples") {
  check_all({
      {"data: This is the first message.\n\n"
       "data: This is the second message, it\n"
       "data: has two lines.\n\n"
       "data: This is the third message.\n\n",
       {.events = {{"", "This is the first message.", ""},
                   {"", "This is the second message, it\nhas two lines.", ""},
                   {"", "This is the third message.", ""}}}},
      {"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\nevent: add\ndata: 113411\n\n",
       {.events = {{"add", "73857293", ""}, {"remove", "2153", ""}, {"add", "113411", ""}}}},
      {"data: YHOO\ndata: +2\ndata: 10\n\n", {.events = {{"", "YHOO\n+2\n10", ""}}}},
      // The second block resets the id; the last is not dispatched, as its empty line is missing.
      {": test stream\n\n"
       "data: first event\nid: 1\n\n"
       "data:second event\nid\n\n"
       "data:  third event\n",
       {.events = {{"", "first event", "1"}, {"", "second event", ""}}, .mid_event = true}},
      {": test stream\n\n"
       "data: first event\nid: 1\n\n"
       "data:second event\nid\n\n"
       "data:  third event\n\n",
       {.events = {{"", "first event", "1"}, {"", "second event", ""}, {"", " third event", ""}}}},
      {"data\n\ndata\ndata\n\ndata:",
       {.events = {{"", "", ""}, {"", "\n", ""}}, .mid_event = true}},
      {"data:test\n\ndata: test\n\n", {.events = {{"", "test", ""}, {"", "test", ""}}}},
  });
}

TEST_CASE("line ends") {
  check_all({
      {"data: a\r\rdata: b\r\r", {.events = {{"", "a", ""}, {"", "b", ""}}}},
      {"data: a\r\n\r\ndata: b\r\n\r\n", {.events = {{"", "a", ""}, {"", "b", ""}}}},
      {"data: a\ndata: b\rdata: c\r\ndata: d\n\n", {.events = {{"", "a\nb\nc\nd", ""}}}},
      {"data: a\n\r", {.events = {{"", "a", ""}}}},
      {"data: a\r\n\n", {.events = {{"", "a", ""}}}},
      {"data: a\r\n\r", {.events = {{"", "a", ""}}}},
      // CR LF is one end, LF CR two.
      {"data: a\n\rdata: b\r\ndata: c\r\n\r\n", {.events = {{"", "a", ""}, {"", "b\nc", ""}}}},
      {"\n\r\r\n\n", {}},
  });
}

TEST_CASE("an event is dispatched at the CR of its empty line") {
  Decoder decoder;
  REQUIRE(decoder.receive("data: a\r\n\r"));
  CHECK(decoder.next() == Event{"", "a", ""});
  CHECK_FALSE(decoder.mid_event());
  REQUIRE(decoder.receive("\ndata: b\r\r"));
  CHECK(decoder.next() == Event{"", "b", ""});
  CHECK_FALSE(decoder.next());
}

TEST_CASE("a byte order mark") {
  const std::string mark = "\xEF\xBB\xBF";
  check_all({
      {mark + "data: a\n\n", {.events = {{"", "a", ""}}}},
      // Only the first one is taken away: the second makes the field an unknown one.
      {mark + mark + "data: a\n\ndata: b\n\n", {.events = {{"", "b", ""}}}},
      {"\n" + mark + "data: a\n\ndata: b\n\n", {.events = {{"", "b", ""}}}},
      {"\xEF\xBB"
       "data: a\n\ndata: b\n\n",
       {.events = {{"", "b", ""}}}},
      {"data: " + mark + "a\n\n", {.events = {{"", mark + "a", ""}}}},
      {mark, {}},
  });
}

TEST_CASE("fields") {
  const std::string nul(1, '\0');
  check_all({
      {"data:x\n\n", {.events = {{"", "x", ""}}}},
      {"data:  x\n\n", {.events = {{"", " x", ""}}}},
      {"data:\tx\n\n", {.events = {{"", "\tx", ""}}}},
      {"data: x \n\n", {.events = {{"", "x ", ""}}}},
      {"data: a: b\n\n", {.events = {{"", "a: b", ""}}}},
      {"data\n\n", {.events = {{"", "", ""}}}},
      {"data:\ndata:\n\n", {.events = {{"", "\n", ""}}}},
      {"data: a" + nul + "b\n\n", {.events = {{"", "a" + nul + "b", ""}}}},
      // Names are compared byte by byte; others are ignored.
      {"Data: a\n data: b\ndata : c\nfoo: d\nbar\n\n", {}},
      {"event: a\nevent: b\ndata: x\n\ndata: y\n\n", {.events = {{"b", "x", ""}, {"", "y", ""}}}},
      {"event: a\nevent\ndata: x\n\n", {.events = {{"", "x", ""}}}},
      {": comment\n:\n:data: x\n\n", {}},
      {"data: a\n: between\ndata: b\n\n", {.events = {{"", "a\nb", ""}}}},
  });
}

TEST_CASE("the last event ID") {
  const std::string nul(1, '\0');
  check_all({
      {"id: 7\ndata: a\n\ndata: b\n\n",
       {.events = {{"", "a", "7"}, {"", "b", "7"}}, .last_event_id = "7"}},
      {"id: 7\ndata: a\n\nid: 8" + nul + "9\ndata: b\n\n",
       {.events = {{"", "a", "7"}, {"", "b", "7"}}, .last_event_id = "7"}},
      {"id: 7\ndata: a\n\nid:\ndata: b\n\n", {.events = {{"", "a", "7"}, {"", "b", ""}}}},
      // Without data nothing is dispatched, but the id counts, and the event type does not stay.
      {"id: 7\nevent: x\n\ndata: a\n\n", {.events = {{"", "a", "7"}}, .last_event_id = "7"}},
      {"id: 7\n\n", {.last_event_id = "7"}},
      // Not at its own line, but at the empty one.
      {"id: 7\n\nid: 8\ndata: a\n", {.last_event_id = "7", .mid_event = true}},
  });
}

TEST_CASE("the reconnection time") {
  check_all({
      {"retry: 1500\n", {.retry = 1500}},
      {"retry:0\n", {.retry = 0}},
      {"retry: 15\nretry: 1.5\nretry: -1\nretry: +1\nretry: 1 \nretry: x\nretry:\nretry\n",
       {.retry = 15}},
      {"retry:  5\n", {}},
      {"retry: 99999999999999999999999\n", {.retry = UINT64_MAX}},
      {"retry: 99999999999999999999999x\n", {}},
      {"retry: 1500", {.mid_event = true}},
  });
}

TEST_CASE("invalid UTF-8 is replaced") {
  check_all({
      {"data: a\xFFz\n\n", {.events = {{"", "a\xEF\xBF\xBDz", ""}}}},
      {"data: \xE2\x82\n\n", {.events = {{"", "\xEF\xBF\xBD", ""}}}},
      {"data: \xE2\ndata: \x82\n\n", {.events = {{"", "\xEF\xBF\xBD\n\xEF\xBF\xBD", ""}}}},
      {"event: \xC0\nid: \xC1\ndata: \xC3\xA4\n\n",
       {.events = {{"\xEF\xBF\xBD", "\xC3\xA4", "\xEF\xBF\xBD"}}, .last_event_id = "\xEF\xBF\xBD"}},
  });
}

TEST_CASE("the end within an event") {
  check_all({
      {"", {}},
      {"\n\n", {}},
      {": comment\n", {}},
      {": comm", {}},
      {"retry: 5\n", {.retry = 5}},
      {"unknown: x\n", {}},
      {"d", {.mid_event = true}},
      {"data: a", {.mid_event = true}},
      {"data: a\n", {.mid_event = true}},
      {"data: a\n: comment\n", {.mid_event = true}},
      {"event: a\n", {.mid_event = true}},
      {"id: 5\r", {.mid_event = true}},
      {"data: a\n\ndata: b\n", {.events = {{"", "a", ""}}, .mid_event = true}},
      {"data: a\n\n: comment\n", {.events = {{"", "a", ""}}}},
  });
}

TEST_CASE("a new connection forgets the partial event and keeps the rest") {
  Decoder decoder;
  REQUIRE(decoder.receive("retry: 9\nid: 1\ndata: a\n\nid: 2\nevent: e\ndata: lost\ndata: cut"));
  CHECK(decoder.mid_event());
  decoder.restart();
  CHECK_FALSE(decoder.mid_event());
  CHECK(decoder.last_event_id() == "1");
  CHECK(decoder.reconnection_time() == 9);
  CHECK(decoder.next() == Event{"", "a", "1"});
  REQUIRE(
      decoder.receive("\xEF\xBB\xBF"
                      "data: b\n\n"));  // a byte order mark may come again
  CHECK(decoder.next() == Event{"", "b", "1"});
}

TEST_CASE("set_last_event_id holds until the stream gives another") {
  Decoder decoder;
  decoder.set_last_event_id("old");
  REQUIRE(decoder.receive("data: a\n\nid: new\ndata: b\n\n"));
  CHECK(decoder.next() == Event{"", "a", "old"});
  CHECK(decoder.next() == Event{"", "b", "new"});
  CHECK(decoder.last_event_id() == "new");
}

TEST_CASE("an event is bounded, a comment is not kept") {
  const Decoder small(20);
  const std::string fits(20, 'x');
  check("data: " + fits + "\n\n", {.events = {{"", fits, ""}}}, small);
  // With the LF between, two lines are one byte more than their sum.
  check("data: 0123456789\ndata: 123456789\n\n", {.events = {{"", "0123456789\n123456789", ""}}},
        small);
  check(":" + std::string(500, 'x') + "\ndata: a\n\n", {.events = {{"", "a", ""}}}, small);
  check("unknown" + std::string(500, 'x') + "\ndata: a\n\n", {.events = {{"", "a", ""}}}, small);
  check("data: a\ndatax: " + std::string(500, 'x') + "\n\n", {.events = {{"", "a", ""}}}, small);
}

TEST_CASE("an event that is too long is left out, the others and its id are not") {
  const std::string fits(20, 'x');
  const std::string_view id_before = "id: 1\ndata: a\n\n";
  const Event before{"", "a", "1"};
  const Event out{"", "", "1", true};
  const Event after{"", "b", "2"};
  const std::string long_ones[] = {
      "data: " + fits + "x\nid: 2\n\n",
      "data: " + fits + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\nid: 2\n\n",
      "data: 0123456789\ndata: 0123456789\nid: 2\n\n",
      "id: 2\ndata: " + fits + "x\ndata: more\ndata: " + fits + fits + "\r\n\r\n",
      "id: 2\ndata:" + fits + fits + fits + "\n:" + fits + fits + fits + "\n\n",
      "id: 2\nevent: " + fits + fits + "\ndata: x\n\n",
      "id: 2\ndata: x\nid: " + fits + fits + "\n\n",
  };
  for (const std::string& event : long_ones) {
    check(std::string(id_before) + event + "data: b\n\n",
          {.events = {before, out, after}, .last_event_id = "2"}, Decoder(20));
  }
  // Where it is not whole it has been told all the same, and its id does not count.
  check(std::string(id_before) + "id: 2\ndata: " + fits + "x\ndata: more",
        {.events = {before, out}, .last_event_id = "1", .mid_event = true}, Decoder(20));
}

TEST_CASE("what has no end is passed over for a long time only") {
  const std::string piece(1u << 20, 'x');
  for (const std::string& start : {std::string("data: "), std::string("unknown"), std::string()}) {
    CAPTURE(start);
    const std::string more = start.empty() ? "data: " + piece + "\n" : piece;
    Decoder decoder(20);
    REQUIRE(decoder.receive(start));
    int taken = 0;
    while (taken < 200 && decoder.receive(more)) ++taken;
    CHECK(taken > 60);
    CHECK(taken < 70);
    const auto again = decoder.receive("\ndata: a\n\n");
    REQUIRE_FALSE(again);
    CHECK(again.error().fault() == rt::Fault::protocol);
    CHECK(again.error().text().find("20 bytes") != std::string::npos);
    decoder.restart();
    while (decoder.next()) continue;
    REQUIRE(decoder.receive("data: a\n\n"));
    CHECK(decoder.next() == Event{"", "a", ""});
  }
  // Each by itself may be long.
  Decoder decoder(20);
  for (int i = 0; i < 100; ++i) REQUIRE(decoder.receive("data: " + piece + "\n\nx" + piece + "\n"));
}

TEST_CASE("can_carry") {
  struct CarryRow {
    std::string_view data;
    bool carried;
  };
  const std::vector<CarryRow> rows = {
      {"", true},
      {"a", true},
      {"a\nb\n", true},
      {"\n", true},
      {" x", true},
      {"\xC3\xA4", true},
      {"a\rb", false},
      {"\r\n", false},
      {"\xFF", false},
      {"\xE2\x82", false},
      {std::string_view("\0", 1), false},
  };
  for (const CarryRow& row : rows) {
    CAPTURE(row.data);
    CHECK(can_carry(row.data) == row.carried);
    if (!row.carried) continue;
    std::string out;
    append_event(out, "id", "type", row.data);
    check(out, {.events = {{"type", std::string(row.data), "id"}}, .last_event_id = "id"});
  }
}

TEST_CASE("writing events") {
  std::string out;
  append_event(out, "", "", "a");
  CHECK(out == "data: a\n\n");
  out.clear();
  append_event(out, "5", "tick", "a\nb\n");
  CHECK(out == "id: 5\nevent: tick\ndata: a\ndata: b\ndata: \n\n");
  out.clear();
  append_comment(out, "");
  CHECK(out == ":\n\n");
  out.clear();
  append_comment(out, "keep\r\n\ndata: x");
  CHECK(out == ": keepdata: x\n\n");
  out.clear();
  append_retry(out, 18446744073709551615ull);
  CHECK(out == "retry: 18446744073709551615\n\n");
}

TEST_CASE("nothing in id, event or data can forge a field") {
  std::string out;
  append_event(out, std::string("1\r\n\ndata: x\0", 12), "a\n\ndata: y\r", "z\r\revent: w\r\nq");
  check(out,
        {.events = {{"adata: y", "z\n\nevent: w\n\nq", "1data: x"}}, .last_event_id = "1data: x"});
}
