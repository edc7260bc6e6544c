#include "model/decimal.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_CASE("a decimal is a number as it is written") {
  for (const char* text : {"0", "-0", "7", "-7", "0.5", ".5", "5.", "1e3", "1E+3", "1e-3", "007",
                           "123456789012345678901234567890", "1e99999999999999999999"}) {
    CAPTURE(text);
    CHECK(rt::Decimal::parse(text));
  }
  for (const char* text : {"", "-", ".", "-.", "e5", "1e", "1e+", "+1", "1 ", " 1", "1.2.3", "inf",
                           "nan", "0x10", "1,5", "--1", "1-"}) {
    CAPTURE(text);
    CHECK_FALSE(rt::Decimal::parse(text));
  }
}

TEST_CASE("decimals are in the order of their values, whatever their size") {
  // Each line equals itself and is less than the next.
  const std::vector<std::vector<std::string>> rising = {
      {"-1e99999999999999999999"},
      {"-9007199254740993"},
      {"-9007199254740992", "-9007199254740992.0"},
      {"-10", "-1e1", "-100e-1"},
      {"-9.99"},
      {"-0.01"},
      {"0", "-0", "0.000", "0e5", "00"},
      {"1e-99999999999999999999"},
      {"0.01", "1e-2", ".01"},
      {"0.010000000000000000000000001"},
      {"0.1"},
      {"1", "1.0", "01", "0.1e1", "10e-1"},
      {"2"},
      {"10"},
      {"9007199254740992"},
      {"9007199254740993"},
      {"1e16"},
      {"123456789012345678901234567890"},
      {"123456789012345678901234567891"}};
  for (std::size_t i = 0; i < rising.size(); ++i)
    for (const std::string& left : rising[i])
      for (std::size_t k = 0; k < rising.size(); ++k)
        for (const std::string& right : rising[k]) {
          CAPTURE(left);
          CAPTURE(right);
          CHECK((*rt::Decimal::parse(left) <=> *rt::Decimal::parse(right)) == (i <=> k));
          CHECK((*rt::Decimal::parse(left) == *rt::Decimal::parse(right)) == (i == k));
        }
}
