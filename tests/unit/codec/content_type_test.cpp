#include "codec/content_type.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {
namespace {

TEST_CASE("content types: what a body is published as, and served as again") {
  struct Row {
    const char* declared;
    const char* payload;
    const char* type;  // that is kept
    PayloadKind kind;
    const char* served;
  };
  constexpr const char* kPlain = "text/plain; charset=utf-8";
  constexpr const char* kBytes = "application/octet-stream";
  const Row rows[] = {
      {"", "a", "", PayloadKind::text, kPlain},
      {"", "\xFF", "", PayloadKind::binary, kBytes},
      {"application/x-www-form-urlencoded", "a", "", PayloadKind::text, kPlain},
      {"Application/X-WWW-Form-Urlencoded; charset=x", "a", "", PayloadKind::text, kPlain},
      {"application/x-www-form-urlencoded", "\xFF", "", PayloadKind::binary, kBytes},
      {" ; charset=x", "a", "", PayloadKind::text, kPlain},
      {"application/json", "{}", "application/json", PayloadKind::text, "application/json"},
      {"text/plain;charset=x", "a", "text/plain;charset=x", PayloadKind::text,
       "text/plain;charset=x"},
      {"text/plain", "\xFF", "text/plain", PayloadKind::binary, "text/plain"},
      {kBytes, "a", kBytes, PayloadKind::binary, kBytes},
      {"IMAGE/PNG", "a", "IMAGE/PNG", PayloadKind::binary, "IMAGE/PNG"},
      {"audio/ogg", "a", "audio/ogg", PayloadKind::binary, "audio/ogg"},
      {"video/mp4", "a", "video/mp4", PayloadKind::binary, "video/mp4"},
      {"images/none", "a", "images/none", PayloadKind::text, "images/none"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.declared);
    CAPTURE(row.payload);
    Message message;
    message.payload = row.payload;
    set_content_type(message, row.declared);
    CHECK(message.content_type == row.type);
    CHECK(message.kind == row.kind);
    CHECK(content_type_of(message) == row.served);
  }
}

}  // namespace
}  // namespace rt
