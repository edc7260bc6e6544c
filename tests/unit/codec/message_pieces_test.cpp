#include <doctest/doctest.h>

#include <memory>

#include "codec/envelope.hpp"
#include "codec/message_pieces.hpp"
#include "codec/rt_v1.hpp"

using namespace rt;
using v1::Saying;

namespace {

std::string whole(const Message& message, Saying saying) {
  std::string out;
  if (saying == Saying::plain_event) v1::append_plain_event(out, message, "e-7");
  if (saying == Saying::envelope_event) v1::append_envelope_event(out, message, "e-7", "/c");
  if (saying == Saying::envelope) envelope::append(out, message, {}, "e-7", "/c");
  return out;
}

std::string repeated(std::string_view text, std::size_t size) {
  std::string out;
  while (out.size() < size) out += text;
  return out;
}

}  // namespace

TEST_CASE("message pieces: the same bytes as a whole, wherever they are cut") {
  Message plain;
  plain.payload = "one\ntwo\n\n\x01\x02\"quoted\" \\ und \xC3\xBC\n";
  Message full = plain;
  full.event = "news";
  full.content_type = "text/x";
  full.origin_id = "o-1";
  full.via = {"r1", "r2"};
  full.properties = {{"data", ""}, {"b", "\n"}};
  full.qos = 1;
  full.retain = true;
  full.time = WallTime{1s};
  full.kind = PayloadKind::binary;
  Message empty;
  for (const Message* const message : {&plain, &full, &empty}) {
    for (const Saying saying : {Saying::plain_event, Saying::envelope_event, Saying::envelope}) {
      const std::string wanted = whole(*message, saying);
      CAPTURE(wanted);
      for (std::size_t most = 1; most <= message->payload.size() + 2; ++most) {
        v1::MessagePieces pieces(std::make_shared<const Message>(*message), saying, "e-7", "/c");
        std::string got;
        std::size_t count = 1;
        while (pieces.next(got, most)) ++count;
        REQUIRE(got == wanted);
        REQUIRE(count <= message->payload.size() / most + 1);
      }
    }
  }
}

TEST_CASE("message pieces: what grows much") {
  struct Row {
    std::string payload;
    bool event;
    bool json;
  };
  constexpr std::size_t kSize = 700'000;
  const Row rows[] = {
      {"", false, false},
      {repeated("text, \"quoted\" and\nlines\n", kSize), false, false},
      {repeated("\n", 100'000), false, false},  // it is short all the same
      {repeated("\n", kSize), true, false},
      {repeated("\x01", kSize), false, true},
      {repeated("\"", kSize), false, false},
      {repeated("\t", kSize), false, false},
      {repeated("\x01xxx", kSize), false, true},
      {repeated("\x01xxxx\n", kSize), false, false},
      {repeated("xxx\n", kSize), true, false},
      {repeated("xxxxxxx\n", kSize), false, false},
      {repeated("\n", kSize) + '\xFF', false, false},  // base64
      {repeated("\x7F", kSize), false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.payload.substr(0, 10));
    Message message;
    message.payload = row.payload;
    CHECK(v1::grows_much(message, Saying::plain_event) == row.event);
    CHECK(v1::grows_much(message, Saying::envelope_event) == row.json);
    CHECK(v1::grows_much(message, Saying::envelope) == row.json);
    // As the bytes say themselves.
    const std::size_t length = whole(message, Saying::envelope).size();
    CHECK((length > (1u << 20) + 100 && length > 2 * row.payload.size() + 100) == row.json);
  }
}
