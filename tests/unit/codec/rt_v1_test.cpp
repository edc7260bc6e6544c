#include "codec/rt_v1.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

namespace rt {
namespace {

constexpr std::uint64_t kLargest = ~std::uint64_t{0};

TEST_CASE("rt.v1: acknowledgements are written and read as the same") {
  struct Row {
    v1::Ack ack;
    const char* text;
  };
  const Row rows[] = {
      {{"00000000aa-9", 1}, R"({"v":1,"ack":"00000000aa-9","count":1})"},
      {{"00000000aa-0", 0}, R"({"v":1,"ack":"00000000aa-0","count":0})"},
      {{"", 7}, R"({"v":1,"ack":"","count":7})"},
      {{"e-1", kLargest}, R"({"v":1,"ack":"e-1","count":18446744073709551615})"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    std::string text;
    v1::append(text, row.ack);
    CHECK(text == row.text);
    CHECK(v1::read_ack(text) == row.ack);
    // Cut anywhere, it is none.
    for (std::size_t cut = 0; cut < text.size(); ++cut) {
      CAPTURE(cut);
      CHECK_FALSE(v1::read_ack(std::string_view(text).substr(0, cut)));
    }
  }
}

TEST_CASE("rt.v1: what another hub may write as an acknowledgement") {
  const v1::Ack wanted{"x-1", 3};
  for (const char* const text : {
           R"({"ack":"x-1","count":3})",
           R"({"v":1,"ack":"x-1","count": 3 })",
           R"({"v":1,"ack":"x-1","more":{"deep":[1]},"count":3})",
           R"({"v":1,"ack":"x-1","more":"\"count\":9","count":3,"count":4})",
       }) {
    CAPTURE(text);
    CHECK(v1::read_ack(text) == wanted);
  }
}

TEST_CASE("rt.v1: what is no acknowledgement") {
  for (const char* const text : {
           "",
           "{",
           "{}",
           R"({"v":1})",
           R"({"v":2,"ack":"x-1","count":3})",
           R"({"v":1,"ack":null,"count":3})",
           R"({"v":1,"ack":5,"count":3})",
           R"({"v":1,"ack":"x-1"})",
           R"({"v":1,"ack":"x-1","count":})",
           R"({"v":1,"ack":"x-1","count":null})",
           R"({"v":1,"ack":"x-1","count":"3"})",
           R"({"v":1,"ack":"x-1","count":-3})",
           R"({"v":1,"ack":"x-1","count":3.0})",
           R"({"v":1,"ack":"x-1","count":18446744073709551616})",
           R"({"v":1,"ack":"\"count\":3})",
           R"({"v":1,"ack":"x\u002d1","count":3})",
           R"({"v":1,"data":"{\"v\":1,\"ack\":\"x\",\"count\":1}"})",
           R"({"v":1,"gap":{"from":"x-1","missed":3}})",
           R"( {"v":1,"ack":"x-1","count":3})",
       }) {
    CAPTURE(text);
    CHECK_FALSE(v1::read_ack(text));
  }
}

struct GapRow {
  const char* from;
  std::optional<std::uint64_t> missed;
  const char* text;
};
const GapRow kGaps[] = {
    {"00000000aa-1", 3, R"("gap":{"from":"00000000aa-1","missed":3}})"},
    {"00000000aa-1", std::nullopt, R"("gap":{"from":"00000000aa-1"}})"},
    {"", kLargest, R"("gap":{"from":"","missed":18446744073709551615}})"},
    // A client may have asked for anything.
    {"not an id\n\"\\", 0, R"("gap":{"from":"not an id\n\"\\","missed":0}})"},
};

TEST_CASE("rt.v1: gaps are written and read as the same, in a line and in an event") {
  envelope::Reader reader;
  for (const GapRow& row : kGaps) {
    CAPTURE(row.text);
    std::string line;
    v1::append_gap(line, row.from, row.missed);
    CHECK(line == R"({"v":1,)" + std::string(row.text));
    CHECK_FALSE(v1::read_ack(line));
    const auto read = reader.read(line);
    REQUIRE(read);
    REQUIRE(read->gap);
    CHECK(read->gap->from == row.from);
    CHECK(read->gap->missed == row.missed);

    std::string stream;
    v1::append_gap_event(stream, row.from, row.missed);
    CHECK(stream == "event: rt.gap\ndata: {" + std::string(row.text) + "\n\n");
    sse::Decoder decoder;
    decoder.set_last_event_id("before");
    REQUIRE(decoder.receive(stream));
    Message message;
    REQUIRE(v1::read_event(reader, decoder.next().value(), message));
    REQUIRE(message.gap);
    CHECK(message.gap->from == row.from);
    CHECK(message.gap->missed == row.missed);
    // It is not the id of the gap.
    CHECK(message.id.empty());
    CHECK(decoder.last_event_id() == "before");
  }
}

TEST_CASE("rt.v1: a hub's close for a gap is its own") {
  CHECK(v1::closed_for_gap(4008, v1::kGapCloseReason));
  CHECK_FALSE(v1::closed_for_gap(4008, ""));
  CHECK_FALSE(v1::closed_for_gap(4008, "gap"));
  CHECK_FALSE(v1::closed_for_gap(1000, v1::kGapCloseReason));
}

TEST_CASE("rt.v1: names stand in the media type that asks for envelopes") {
  CHECK(v1::kEventStreamOfEnvelopes ==
        "text/event-stream;profile=\"" + std::string(v1::kName) + "\"");
}

struct EventRow {
  const char* what;
  std::string payload;
  PayloadKind kind;
  std::string event;
  bool plain;
};
const EventRow kEvents[] = {
    {"text", "a", PayloadKind::text, "", true},
    {"an event", "a", PayloadKind::text, "news", true},
    {"lines", "a\nb\n\nc", PayloadKind::text, "", true},
    {"nothing", "", PayloadKind::text, "", true},
    {"a space at the start", " a", PayloadKind::text, "", true},
    {"binary", "a", PayloadKind::binary, "", false},
    {"CR", "a\rb", PayloadKind::text, "", false},
    {"NUL", std::string("a\0b", 3), PayloadKind::text, "", false},
    {"no UTF-8", "\xFF", PayloadKind::binary, "", false},
    {"an event of the hub's", "a", PayloadKind::text, "rt.gap", false},
    {"an event of EventSource's", "a", PayloadKind::text, "open", false},
    {"another one", "a", PayloadKind::text, "error", false},
    {"an event of several lines", "a", PayloadKind::text, "rt\n.gap", false},
    {"an event with NUL", "a", PayloadKind::text, std::string("r\0t.gap", 7), false},
};

Message read_again(const std::string& stream) {
  sse::Decoder decoder;
  REQUIRE(decoder.receive(stream));
  auto event = decoder.next();
  REQUIRE(event);
  REQUIRE_FALSE(decoder.next());
  REQUIRE_FALSE(decoder.mid_event());
  static envelope::Reader reader;
  Message message;
  REQUIRE(v1::read_event(reader, std::move(*event), message));
  return message;
}

TEST_CASE("rt.v1: messages are written as events and read as the same") {
  for (const EventRow& row : kEvents) {
    CAPTURE(row.what);
    Message message;
    message.payload = row.payload;
    message.kind = row.kind;
    message.event = row.event;
    message.id = "its own";
    message.origin_id = "first-1";
    CHECK(v1::fits_plain_event(message) == row.plain);
    if (row.plain) {
      std::string stream;
      v1::append_plain_event(stream, message, "00000000aa-1");
      const Message again = read_again(stream);
      CHECK(again.payload == row.payload);
      CHECK(again.kind == row.kind);
      CHECK(again.event == row.event);
      CHECK(again.id == "00000000aa-1");
    }
    std::string stream;
    v1::append_envelope_event(stream, message, "00000000aa-1", "/c");
    CHECK(stream.starts_with("id: 00000000aa-1\nevent: rt.envelope\ndata: {"));
    const Message again = read_again(stream);
    CHECK(again.payload == row.payload);
    CHECK(again.kind == row.kind);
    CHECK(again.event == row.event);
    CHECK(again.id == "00000000aa-1");
    CHECK(again.origin_id == "first-1");
    CHECK(again.channel == "/c");
  }
}

TEST_CASE("rt.v1: events that claim to be a hub's") {
  struct Row {
    const char* event;
    const char* data;
    const char* fault;  // null: it is read
  };
  const Row rows[] = {
      {"rt.envelope", R"({"data":"a"})", nullptr},
      {"rt.envelope", R"({"gap":{}})", nullptr},
      {"rt.gap", R"({"gap":{"missed":1,"more":[]}})", nullptr},
      // Others of this name may come to mean something.
      {"rt.later", "no json", nullptr},
      {"rt.envelope", "", "rt.envelope of the hub: not a JSON object"},
      {"rt.envelope", "[]", "rt.envelope of the hub: not a JSON object"},
      {"rt.gap", "{", "rt.gap of the hub: not valid JSON"},
      {"rt.gap", R"({"gap":5})", "rt.gap of the hub: \"gap\" must be an object"},
      {"rt.gap", R"({"gap":{"missed":-1}})",
       "rt.gap of the hub: \"missed\" must be a whole number"},
  };
  envelope::Reader reader;
  for (const Row& row : rows) {
    CAPTURE(row.event);
    CAPTURE(row.data);
    Message message;
    const auto read = v1::read_event(reader, {row.event, row.data, "x-1"}, message);
    CHECK(read.ok() == (row.fault == nullptr));
    if (read.ok() || row.fault == nullptr) continue;
    CHECK(read.error().fault() == Fault::protocol);
    CHECK(read.error().text() == row.fault);
  }
}

}  // namespace
}  // namespace rt
