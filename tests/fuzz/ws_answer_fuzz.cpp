// The first byte says where the rest, a server's answer, is cut; whole and cut it must be the same.
// What comes out is also taken for a cookie and for what a refusal says.
#include "codec/ws_answer.hpp"

#include <string>

#include "codec/cookies.hpp"
#include "codec/http_refusal.hpp"
#include "codec/ws_handshake.hpp"
#include "fuzz.hpp"

namespace {

using rt::fuzz::require;
using State = rt::ws::AnswerReader::State;

const std::string kKey = "dGhlIHNhbXBsZSBub25jZQ==";

rt::ws::AnswerReader reader() {
  return rt::ws::AnswerReader({kKey, {"a", "rt.v1"}, "permessage-deflate"});
}

void check_same(const rt::ws::AnswerReader& one, const rt::ws::AnswerReader& other) {
  require(one.state() == other.state() && one.fault() == other.fault());
  require(one.answer().status == other.answer().status);
  require(one.answer().body == other.answer().body);
  require(one.answer().subprotocol == other.answer().subprotocol);
}

void check_answer(const rt::ws::AnswerReader& read) {
  const rt::ws::Answer& answer = read.answer();
  require((read.state() == State::failed) == (read.fault() != rt::ws::AnswerFault::none));
  require(answer.body.size() <= rt::ws::AnswerReader::kMaxBody);
  if (read.state() == State::switched) {
    require(answer.status == 101);
    require(answer.value("Sec-WebSocket-Accept") == rt::ws::accept_key(kKey));
    require(answer.subprotocol.empty() || answer.subprotocol == "a" ||
            answer.subprotocol == "rt.v1");
  }
  const std::string why = rt::http::explanation(answer.value("Content-Type"), answer.body);
  require(why.find('\n') == std::string::npos);
  const auto seconds = rt::http::seconds_to_wait(answer.value("Retry-After"), 1'700'000'000);
  require(!seconds || (*seconds >= 0 && *seconds <= 86400));
  rt::http::Cookies cookies;
  const rt::http::CookiePlace place{"h", true, "/a/b"};
  for (const rt::http::Field field : answer.fields)
    cookies.store(field.value, place, 1'700'000'000);
  const std::string sent = cookies.value_for(place, 1'700'000'000, {});
  require(sent.find_first_of(std::string("\r\n\0", 3)) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = rt::fuzz::text(data, size);
  const auto cut = static_cast<std::size_t>(rt::fuzz::take_number(bytes, 1));
  rt::ws::AnswerReader whole = reader();
  const std::size_t taken = whole.receive(bytes);
  require(taken <= bytes.size());
  check_answer(whole);
  rt::ws::AnswerReader pieces = reader();
  const std::string_view first = bytes.substr(0, cut);
  if (pieces.receive(first) == first.size()) pieces.receive(bytes.substr(first.size()));
  check_same(whole, pieces);
  whole.end();
  check_answer(whole);
  return 0;
}
