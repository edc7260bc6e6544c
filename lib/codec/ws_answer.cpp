#include "codec/ws_answer.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "codec/http_bytes.hpp"
#include "codec/http_values.hpp"
#include "codec/list_field.hpp"
#include "codec/ws_handshake.hpp"

namespace rt::ws {
namespace {

constexpr std::string_view kVersion = "HTTP/1.";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t count_of(const http::Fields& fields, std::string_view name) {
  std::size_t count = 0;
  for (const http::Field field : fields) count += iequals(field.name, name) ? 1 : 0;
  return count;
}

// True where the list has the token, over all fields of that name, in any case.
bool has_token(const http::Fields& fields, std::string_view name, std::string_view token) {
  bool found = false;
  for (const http::Field field : fields) {
    if (!iequals(field.name, name)) continue;
    http::for_each_element(field.value,
                           [&](std::string_view one) { found = found || iequals(one, token); });
  }
  return found;
}

// "permessage-deflate" of "permessage-deflate; a=b".
std::string_view extension_name(std::string_view element) {
  return trim(element.substr(0, element.find(';')));
}

bool offers_extension(std::string_view offered, std::string_view name) {
  bool found = false;
  http::for_each_element(
      offered, [&](std::string_view one) { found = found || extension_name(one) == name; });
  return found;
}

}  // namespace

std::string subprotocol_list(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out += ", ";
    out += name;
  }
  return out;
}

std::string request_text(std::string_view target, std::string_view fields, const Offer& offer) {
  std::string out = "GET ";
  out += target;
  out += " HTTP/1.1\r\n";
  out += fields;
  const auto add = [&out](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    out += name;
    out += ": ";
    out += value;
    out += "\r\n";
  };
  add("Sec-WebSocket-Protocol", subprotocol_list(offer.subprotocols));
  add("Sec-WebSocket-Extensions", offer.extensions);
  add("Sec-WebSocket-Key", offer.key);
  out += "\r\n";
  return out;
}

std::size_t AnswerReader::receive(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && (state_ == State::nothing || state_ == State::head)) {
    state_ = State::head;
    const std::string_view rest = bytes.substr(taken);
    const std::size_t end = rest.find('\n');
    const std::size_t here = end == std::string_view::npos ? rest.size() : end + 1;
    const std::size_t room = kMaxHead - head_bytes_;
    const std::size_t now = std::min(here, room);
    line_ += rest.substr(0, now);
    head_bytes_ += now;
    taken += now;
    const bool first = answer_.status == 0;
    const std::size_t known = std::min(line_.size(), kVersion.size());
    if (first && line_.compare(0, known, kVersion, 0, known) != 0) {
      fail(AnswerFault::not_http);
    } else if (now < here) {
      fail(AnswerFault::too_long);
    } else if (end != std::string_view::npos) {
      heads_ += line_;
      const std::string line = std::exchange(line_, {});
      std::string_view text = line;
      text.remove_suffix(text.size() >= 2 && text[text.size() - 2] == '\r' ? 2 : 1);
      if (!receive_line(text)) fail(AnswerFault::malformed);
    }
  }
  if (state_ != State::body) return taken;
  receive_body(bytes.substr(taken));
  return bytes.size();
}

void AnswerReader::end() {
  if (state_ == State::body) state_ = State::complete;
}

void AnswerReader::fail(AnswerFault fault) {
  state_ = State::failed;
  fault_ = fault;
}

bool AnswerReader::receive_line(std::string_view line) {
  if (answer_.status == 0) return read_status_line(line);
  if (!line.empty()) return read_field(line);
  finish_head();
  return true;
}

// RFC 9112 section 4. The reason may be absent, and with it the space before it.
bool AnswerReader::read_status_line(std::string_view line) {
  const std::size_t digit = kVersion.size();
  constexpr std::size_t kCode = 2;  // from the digit on
  if (line.size() < digit + kCode + 3 || !is_digit(line[digit]) || line[digit + 1] != ' ')
    return false;
  minor_version_ = line[digit] - '0';
  const std::string_view rest = line.substr(digit + kCode);
  if (!std::all_of(rest.begin(), rest.begin() + 3, is_digit) || rest[0] == '0') return false;
  if (rest.size() > 3 && rest[3] != ' ') return false;
  if (!http::valid_field_value(rest)) return false;
  answer_.status = (rest[0] - '0') * 100 + (rest[1] - '0') * 10 + (rest[2] - '0');
  answer_.status_line = trim(rest);
  return true;
}

bool AnswerReader::read_field(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  if (!http::valid_field_name(name) || !http::valid_field_value(value)) return false;
  answer_.fields.add(name, value);
  return true;
}

void AnswerReader::finish_head() {
  if (answer_.status == 101) {
    fault_ = judge();
    if (fault_ == AnswerFault::none) fault_ = judge_choices();
    state_ = fault_ == AnswerFault::none ? State::switched : State::failed;
  } else if (answer_.status < 200) {
    answer_ = Answer();
  } else {
    begin_body();
  }
}

AnswerFault AnswerReader::judge() const {
  const http::Fields& fields = answer_.fields;
  if (minor_version_ < 1 || count_of(fields, "Upgrade") == 0) return AnswerFault::no_upgrade;
  if (count_of(fields, "Upgrade") > 1 || !iequals(answer_.value("Upgrade"), "websocket"))
    return AnswerFault::other_upgrade;
  if (!has_token(fields, "Connection", "upgrade")) return AnswerFault::no_upgrade;
  constexpr std::string_view kAccept = "Sec-WebSocket-Accept";
  if (count_of(fields, kAccept) == 0) return AnswerFault::accept_missing;
  if (count_of(fields, kAccept) > 1) return AnswerFault::accept_twice;
  return answer_.value(kAccept) == accept_key(offer_.key) ? AnswerFault::none
                                                          : AnswerFault::accept_wrong;
}

AnswerFault AnswerReader::judge_choices() {
  constexpr std::string_view kProtocol = "Sec-WebSocket-Protocol";
  const std::size_t choices = count_of(answer_.fields, kProtocol);
  const std::string_view chosen = answer_.value(kProtocol);
  const auto& offered = offer_.subprotocols;
  if (choices > 1 ||
      (choices == 1 && std::find(offered.begin(), offered.end(), chosen) == offered.end()))
    return AnswerFault::subprotocol;
  answer_.subprotocol = chosen;
  for (const http::Field field : answer_.fields) {
    if (!iequals(field.name, "Sec-WebSocket-Extensions")) continue;
    bool known = true;
    http::for_each_element(field.value, [&](std::string_view one) {
      known = known && offers_extension(offer_.extensions, extension_name(one));
      if (!answer_.extensions.empty()) answer_.extensions += ", ";
      answer_.extensions += one;
    });
    if (!known) return AnswerFault::extension;
  }
  return AnswerFault::none;
}

void AnswerReader::begin_body() {
  const int status = answer_.status;
  const bool redirect = status >= 300 && status < 400 && !answer_.value("Location").empty();
  chunked_ = has_token(answer_.fields, "Transfer-Encoding", "chunked");
  if (!chunked_) body_left_ = parse_uint(answer_.value("Content-Length"));
  const bool none = status == 204 || status == 304 || body_left_ == 0;
  state_ = none || redirect ? State::complete : State::body;
}

void AnswerReader::receive_body(std::string_view bytes) {
  const std::size_t room = kMaxBody - answer_.body.size();
  bool whole = false;
  if (chunked_) {
    std::string content;
    // The beginning is enough, whatever the sizes say.
    chunks_.receive(bytes, SIZE_MAX / 2, content);
    whole = chunks_.done() || chunks_.refusal() != http1::Refusal::none;
    answer_.body += content.substr(0, room);
  } else {
    const std::uint64_t left = body_left_.value_or(SIZE_MAX);
    const std::string_view now = bytes.substr(0, std::min<std::uint64_t>(left, bytes.size()));
    if (body_left_) *body_left_ -= now.size();
    whole = body_left_ == 0;
    answer_.body += now.substr(0, room);
  }
  if (whole || answer_.body.size() >= kMaxBody) state_ = State::complete;
}

}  // namespace rt::ws
