// The first line of an input is one field's value or a name, the rest another.
#include <string>

#include "base/text.hpp"
#include "codec/http1.hpp"
#include "codec/http_values.hpp"
#include "codec/list_field.hpp"
#include "fuzz.hpp"

namespace {

using namespace rt::http;
using rt::fuzz::require;

void check_list(std::string_view list) {
  std::size_t total = 0;
  for_each_element(list, [&](std::string_view element) {
    require(!element.empty() && rt::trim(element) == element);
    require(element.data() >= list.data() &&
            element.data() + element.size() <= list.data() + list.size());
    total += element.size();
  });
  require(total <= list.size());
}

void check_accept(std::string_view accept, std::string_view media_type) {
  const int quality = accept_quality(accept, media_type);
  require(quality >= 0 && quality <= 1000);
  const bool named = accepts_explicitly(accept, media_type);
  require(!named || quality > 0);
  require(!accepts_profile(accept, media_type, "rt.v1") || named);
  require(accept_quality(std::string(accept) + ",", media_type) == quality ||
          accept.find('"') != std::string_view::npos || rt::trim(accept).empty());
}

// RFC 9110, section 8.8.3.
bool is_opaque_tag(std::string_view tag) {
  return tag.find('"') == std::string_view::npos && valid_field_value(tag);
}

void check_tags(std::string_view list, std::string_view opaque) {
  (void)etag_matches(list, opaque);
  if (!is_opaque_tag(opaque)) return;
  const std::string tag = "\"" + std::string(opaque) + "\"";
  require(etag_matches(tag, tag) && etag_matches("W/" + tag, tag) && etag_matches(tag, "W/" + tag));
  require(etag_matches("*", tag));
  require(etag_matches("\"other\" , W/" + tag, tag));
  require(!etag_matches("\"" + std::string(opaque) + "x\"", tag));
  if (etag_matches(list, tag) && rt::trim(list) != "*")
    require(list.find(tag) != std::string_view::npos);
}

// Whatever goes in, one field comes out.
void check_header(std::string_view name, std::string_view value) {
  std::string out;
  Fields fields;
  fields.add(name, value);
  rt::http1::append_fields(out, fields);
  require(out.size() == name.size() + value.size() + 4);
  require(out.substr(out.size() - 2) == "\r\n");
  require(out.find_first_of(std::string_view("\r\n\0", 3)) == out.size() - 2);
  if (!valid_field_name(name) || !valid_field_value(value)) return;
  const std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n" + out + "\r\n";
  const rt::http1::Limits limits;
  rt::http1::RequestDecoder decoder(limits);
  rt::http1::Request request;
  decoder.receive(bytes, request);
  if (decoder.state() != rt::http1::RequestDecoder::State::complete) return;
  require(request.fields.size() == 2 && request.fields[1].name == name);
  require(request.value(name) == rt::trim(value) || rt::iequals(name, "Host"));
}

void check_query(std::string_view query) {
  std::string again;
  std::string_view rest = query;
  std::string_view name;
  std::string_view value;
  while (next_parameter(rest, name, value)) {
    require(name.find_first_of("=&") == std::string_view::npos);
    require(value.find('&') == std::string_view::npos);
    require(decode_parameter(value).size() <= value.size());
    if (!again.empty()) again += '&';
    again.append(name).append(value.empty() ? "" : "=").append(value);
  }
  require(again.size() <= query.size());
  require(decode_parameter(rt::percent_encode(query)) == query);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view second = rt::fuzz::text(data, size);
  const std::string_view first = rt::fuzz::take_line(second);
  check_list(first);
  check_list(second);
  for (const std::string_view type : {std::string_view("text/event-stream"), second})
    check_accept(first, type);
  check_tags(first, second);
  check_header(first, second);
  check_query(first);
  return 0;
}
