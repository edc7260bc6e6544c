#include "model/close_codes.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace rt {
namespace {

TEST_CASE("close codes: numbers and ranges") {
  struct Row {
    std::string text;
    std::vector<std::uint16_t> has, lacks;
  };
  for (const Row& row : std::vector<Row>{
           {"4001", {4001}, {4000, 4002, 4400, 4499}},
           {"1011, 4100-4199", {1011, 4100, 4150, 4199}, {1012, 4099, 4200}},
           {"1000-4999", {1000, 4999}, {999, 5000}},
           {"none", {}, {1000, 4400}},
       }) {
    CAPTURE(row.text);
    const auto codes = CloseCodes::parse(row.text);
    REQUIRE(codes.has_value());
    for (const std::uint16_t code : row.has) CHECK(codes->has(code));
    for (const std::uint16_t code : row.lacks) CHECK(!codes->has(code));
  }
  const CloseCodes usual;
  CHECK(usual.has(4400));
  CHECK(usual.has(4499));
  CHECK(!usual.has(4500));
  CHECK(!usual.has(1008));
}

TEST_CASE("close codes: what is none") {
  for (const char* const text : {"", ",", "4001,", "x", "-1", "999", "5000", "4200-4100", "4001-",
                                 "-4001", "4001-x", "4001 4002", "None", "4001-4002-4003"}) {
    CAPTURE(text);
    CHECK(!CloseCodes::parse(text).has_value());
  }
}

}  // namespace
}  // namespace rt
