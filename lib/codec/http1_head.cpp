#include "codec/http1_head.hpp"

#include <algorithm>
#include <cstring>

#include "base/text.hpp"
#include "codec/list_field.hpp"
#include "model/host.hpp"

namespace rt::http1 {
namespace {

using http::is;
using http::kAddressByte;
using http::kHostByte;
using http::kTargetByte;
using http::kTextByte;
using http::kTokenByte;

constexpr std::size_t kMaxMethod = 32;
constexpr std::size_t kVersionSize = 8;  // "HTTP/1.1"
constexpr std::size_t kRequestLineExtra = kMaxMethod + 1 + 1 + kVersionSize + 2;

struct RefusalEntry {
  Refusal refusal;
  int status;
  std::string_view reason;
};

constexpr RefusalEntry kRefusals[] = {
    {Refusal::none, 0, ""},
    {Refusal::line_end, 400, "a line does not end in CR LF"},
    {Refusal::empty_lines, 400, "too many empty lines before the request"},
    {Refusal::request_line, 400, "malformed request line"},
    {Refusal::method_size, 501, "the method is too long"},
    {Refusal::target_size, 414, "the request target is too long"},
    {Refusal::target, 400, "malformed request target"},
    {Refusal::version, 505, "the HTTP version is not 1.0 or 1.1"},
    {Refusal::head_size, 431, "the request's head is too large"},
    {Refusal::field, 400, "malformed header field"},
    {Refusal::folded_field, 400, "folded header field"},
    {Refusal::field_count, 431, "too many header fields"},
    {Refusal::host_missing, 400, "no Host field"},
    {Refusal::host, 400, "malformed Host, or more than one"},
    {Refusal::content_length, 400, "malformed Content-Length, or more than one"},
    {Refusal::two_framings, 400, "both Content-Length and Transfer-Encoding"},
    {Refusal::transfer_coding, 400, "the transfer coding does not end in one chunked"},
    {Refusal::transfer_coding_unknown, 501, "unknown transfer coding"},
    {Refusal::body_size, 413, "the request's body is too large"},
    {Refusal::expectation, 417, "unknown expectation"},
    {Refusal::chunk, 400, "malformed chunk"},
    {Refusal::chunk_extension, 400, "the chunk extensions are too long"},
    {Refusal::trailer, 400, "malformed trailer field"},
    {Refusal::trailer_size, 431, "the trailer section is too large"},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kRefusals); ++i) {
    if (static_cast<std::size_t>(kRefusals[i].refusal) != i) return false;
  }
  return std::size(kRefusals) == static_cast<std::size_t>(Refusal::trailer_size) + 1;
}
static_assert(in_order(), "kRefusals is indexed by Refusal");

bool all(std::string_view bytes, std::uint8_t byte_class) {
  return std::all_of(bytes.begin(), bytes.end(), [=](char c) { return is(c, byte_class); });
}

// all(bytes, kTextByte), eight bytes at a time: values are most of a head.
bool all_text(std::string_view bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    std::uint64_t word;
    std::memcpy(&word, bytes.data(), sizeof word);
    const std::uint64_t below_space = (word - kOnes * 0x20) & ~word;
    const std::uint64_t del = word ^ (kOnes * 0x7F);
    const std::uint64_t is_del = (del - kOnes) & ~del;
    if (((below_space | is_del) & kHighs) != 0 && !all(bytes.substr(0, sizeof word), kTextByte)) {
      return false;
    }
    bytes.remove_prefix(sizeof word);
  }
  return all(bytes, kTextByte);
}

// For a token whose length is that of `lower`, in which '-' is the only byte beside letters.
bool is_name(std::string_view token, std::string_view lower) {
  for (std::size_t i = 0; i < lower.size(); ++i) {
    if ((token[i] | 0x20) != lower[i]) return false;
  }
  return true;
}

bool valid_port(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// uri-host [ ":" port ], RFC 3986 section 3.2, without the comma.
bool valid_host(std::string_view text) {
  std::size_t end = 0;
  if (!text.empty() && text.front() == '[') {
    end = text.find(']');
    if (end == std::string_view::npos || end == 1) return false;
    if (!is_ipv6(text.substr(1, end - 1))) return false;
    ++end;
  } else {
    while (end < text.size() && is(text[end], kHostByte)) ++end;
    for (std::size_t at = text.find('%'); at < end; at = text.find('%', at + 1))
      if (!percent_decode(text.substr(at, std::min<std::size_t>(3, end - at)))) return false;
  }
  return end == text.size() || (end > 0 && text[end] == ':' && valid_port(text.substr(end + 1)));
}

bool take_prefix(std::string_view& text, std::string_view lower) {
  if (text.size() < lower.size() || !iequals(text.substr(0, lower.size()), lower)) return false;
  text.remove_prefix(lower.size());
  return true;
}

bool read_target(std::string_view target, Request& request) {
  if (!all(target, kTargetByte) || target.empty()) return false;
  request.authority = {};
  if (target.front() == '*') {
    if (target.size() > 1 || request.method != "OPTIONS") return false;
  } else if (target.front() != '/') {
    if (!take_prefix(target, "http://") && !take_prefix(target, "https://")) return false;
    request.authority = target.substr(0, target.find_first_of("/?"));
    if (request.authority.empty() || !valid_host(request.authority)) return false;
    target.remove_prefix(request.authority.size());
    if (target.empty()) target = "/";
  }
  const std::size_t mark = target.find('?');
  request.target = target;
  request.path = mark == 0 ? std::string_view("/") : target.substr(0, mark);
  request.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  return true;
}

Refusal read_version(std::string_view version, Request& request) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (version.size() != kVersionSize || version.substr(0, 5) != "HTTP/" || !digit(version[5]) ||
      version[6] != '.' || !digit(version[7])) {
    return Refusal::request_line;
  }
  if (version[5] != '1') return Refusal::version;
  request.minor_version = version[7] == '0' ? 0 : 1;
  return Refusal::none;
}

// What the fields that decide about a request's framing and connection say.
struct Facts {
  std::string_view host;
  std::string_view length;
  std::string_view coding;
  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  bool close = false;
  bool keep_alive = false;
  bool expect_continue = false;
  bool expect_other = false;
};

void note_connection(std::string_view value, Facts& facts) {
  http::for_each_element(value, [&facts](std::string_view option) {
    facts.close |= iequals(option, "close");
    facts.keep_alive |= iequals(option, "keep-alive");
  });
}

void note_expect(std::string_view value, Facts& facts) {
  http::for_each_element(value, [&facts](std::string_view expectation) {
    (iequals(expectation, "100-continue") ? facts.expect_continue : facts.expect_other) = true;
  });
}

void note_field(const http::Field& field, Facts& facts) {
  switch (field.name.size()) {
    case 4:
      if (!is_name(field.name, "host")) return;
      facts.host = field.value;
      ++facts.hosts;
      return;
    case 6:
      if (is_name(field.name, "expect")) note_expect(field.value, facts);
      return;
    case 10:
      if (is_name(field.name, "connection")) note_connection(field.value, facts);
      return;
    case 14:
      if (!is_name(field.name, "content-length")) return;
      facts.length = field.value;
      ++facts.lengths;
      return;
    case 17:
      if (!is_name(field.name, "transfer-encoding")) return;
      facts.coding = field.value;
      ++facts.codings;
      return;
    default:
      return;
  }
}

Refusal check_coding(const Facts& facts, int minor_version) {
  if (facts.lengths > 0) return Refusal::two_framings;
  // HTTP/1.0 knows no transfer codings: what lies before us may have framed the body otherwise.
  if (facts.codings > 1 || minor_version == 0) return Refusal::transfer_coding;
  if (iequals(facts.coding, "chunked")) return Refusal::none;
  const std::size_t comma = facts.coding.rfind(',');
  if (comma == std::string_view::npos) return Refusal::transfer_coding;
  if (!iequals(trim(facts.coding.substr(comma + 1)), "chunked")) return Refusal::transfer_coding;
  std::size_t before = 0;
  bool chunked_twice = false;
  http::for_each_element(facts.coding.substr(0, comma), [&](std::string_view coding) {
    ++before;
    chunked_twice |= iequals(coding, "chunked");
  });
  return before == 0 || chunked_twice ? Refusal::transfer_coding : Refusal::transfer_coding_unknown;
}

Refusal read_length(const Facts& facts, const Limits& limits, std::uint64_t& length) {
  if (facts.lengths > 1 || facts.length.empty() || !valid_port(facts.length)) {
    return Refusal::content_length;
  }
  length = 0;
  for (const char c : facts.length) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (length > limits.max_body / 10 || digit > limits.max_body - length * 10) {
      return Refusal::body_size;
    }
    length = length * 10 + digit;
  }
  return Refusal::none;
}

Refusal judge(const Facts& facts, const Limits& limits, Request& request, Framing& framing) {
  if (facts.hosts > 1 || !valid_host(facts.host)) return Refusal::host;
  if (facts.hosts == 0 && request.minor_version == 1) return Refusal::host_missing;
  if (request.authority.empty()) request.authority = facts.host;

  framing = {};
  Refusal refusal = Refusal::none;
  if (facts.codings > 0) {
    refusal = check_coding(facts, request.minor_version);
    framing.chunked = true;
  } else if (facts.lengths > 0) {
    refusal = read_length(facts, limits, framing.length);
  }
  if (refusal != Refusal::none) return refusal;

  // RFC 9110 section 10.1.1: in HTTP/1.0 an expectation is ignored.
  const bool expects = request.minor_version == 1;
  if (expects && facts.expect_other) return Refusal::expectation;
  request.expect_continue = expects && facts.expect_continue;
  request.keep_alive = !facts.close && (request.minor_version == 1 || facts.keep_alive);
  request.announces_body = facts.codings > 0 || facts.lengths > 0;
  request.has_body = framing.chunked || framing.length > 0;
  request.body = {};
  return Refusal::none;
}

// Without its CR LF, or false.
bool strip_line_end(std::string_view& line) {
  if (line.size() < 2 || line[line.size() - 2] != '\r') return false;
  line.remove_suffix(2);
  return true;
}

}  // namespace

int status_of(Refusal refusal) {
  return kRefusals[static_cast<std::size_t>(refusal)].status;
}

std::string_view reason_of(Refusal refusal) {
  return kRefusals[static_cast<std::size_t>(refusal)].reason;
}

std::size_t head_window(const Limits& limits, std::size_t lines) {
  if (lines > 0 || limits.max_target > limits.max_head) return limits.max_head;
  return std::min(limits.max_head, limits.max_target + kRequestLineExtra);
}

Refusal window_refusal(std::size_t lines) {
  return lines == 0 ? Refusal::target_size : Refusal::head_size;
}

Refusal read_request_line(std::string_view line, const Limits& limits, Request& request) {
  if (!strip_line_end(line)) return Refusal::line_end;
  std::size_t end = 0;
  while (end < line.size() && is(line[end], kTokenByte)) ++end;
  if (end == 0 || end == line.size() || line[end] != ' ') return Refusal::request_line;
  if (end > kMaxMethod) return Refusal::method_size;
  request.method = line.substr(0, end);
  line.remove_prefix(end + 1);

  end = line.find(' ');
  if (end == std::string_view::npos) return Refusal::request_line;
  // The version first: HTTP/2's preface has a target that HTTP/1.1 would not allow.
  const Refusal refusal = read_version(line.substr(end + 1), request);
  if (refusal != Refusal::none) return refusal;
  if (end > limits.max_target) return Refusal::target_size;
  return read_target(line.substr(0, end), request) ? Refusal::none : Refusal::target;
}

Refusal read_field_line(std::string_view line, http::Field& field, bool& last) {
  if (!strip_line_end(line)) return Refusal::line_end;
  last = line.empty();
  if (last) return Refusal::none;
  if (line.front() == ' ' || line.front() == '\t') return Refusal::folded_field;

  std::size_t end = 0;
  while (end < line.size() && is(line[end], kTokenByte)) ++end;
  if (end == 0 || end == line.size() || line[end] != ':') return Refusal::field;
  field.name = line.substr(0, end);

  std::size_t first = end + 1;
  std::size_t past = line.size();
  while (first < past && (line[first] == ' ' || line[first] == '\t')) ++first;
  while (first < past && (line[past - 1] == ' ' || line[past - 1] == '\t')) --past;
  field.value = line.substr(first, past - first);
  return all_text(field.value) ? Refusal::none : Refusal::field;
}

HeadOutcome read_head(std::string_view bytes, const Limits& limits, Request& request,
                      Framing& framing, HeadProgress& progress, Refusal& refusal) {
  request.fields.clear();
  Facts facts;
  http::Field field;
  progress = {};
  for (bool last = false; !last; ++progress.lines) {
    const std::size_t window = head_window(limits, progress.lines);
    const std::size_t end = std::min(window, bytes.size());
    const void* found = end > progress.bytes
                            ? std::memchr(bytes.data() + progress.bytes, '\n', end - progress.bytes)
                            : nullptr;
    if (found == nullptr) {
      if (bytes.size() < window) return HeadOutcome::partial;
      refusal = window_refusal(progress.lines);
      return HeadOutcome::refused;
    }
    const auto past = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data()) + 1;
    const auto line = bytes.substr(progress.bytes, past - progress.bytes);
    if (progress.lines == 0) {
      refusal = read_request_line(line, limits, request);
    } else {
      refusal = read_field_line(line, field, last);
    }
    if (refusal == Refusal::none && progress.lines > limits.max_headers && !last) {
      refusal = Refusal::field_count;
    }
    if (refusal != Refusal::none) return HeadOutcome::refused;
    if (progress.lines > 0 && !last) {
      note_field(field, facts);
      request.fields.push_back(field);
    }
    progress.bytes = past;
  }
  refusal = judge(facts, limits, request, framing);
  return refusal == Refusal::none ? HeadOutcome::whole : HeadOutcome::refused;
}

}  // namespace rt::http1
