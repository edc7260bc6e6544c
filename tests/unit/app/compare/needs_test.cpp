#include "app/compare/needs.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {

// A letter a way, in their order: + meets it, ~ at a price, - fails.
TEST_CASE("what is needed, and which way does it") {
  const struct {
    ComparedNeed need;
    std::string fits;
  } rows[] = {
      {ComparedNeed::two_way, "~~~~+++++"},      {ComparedNeed::binary, "+~~~+~+++"},
      {ComparedNeed::browser, "++++++~~~"},      {ComparedNeed::offline, "-+++-+-++"},
      {ComparedNeed::exactly_once, "-~~~-~--+"}, {ComparedNeed::proxies, "+++~~~---"},
  };
  for (const auto& row : rows) {
    CAPTURE(name_of(row.need));
    std::string fits;
    for (std::size_t i = 0; i < kComparedWays; ++i) {
      const NeedFit fit = fit_of(row.need, static_cast<ComparedWay>(i));
      fits += fit.fit == Fit::meets ? '+' : fit.fit == Fit::fails ? '-' : '~';
      CHECK(fit.words.empty() == (fit.fit == Fit::meets));
    }
    CHECK(fits == row.fits);
    CHECK_FALSE(meaning_of(row.need).empty());
    CHECK(compared_need(name_of(row.need)) == row.need);
  }
  CHECK_FALSE(compared_need("speed").has_value());
}

}  // namespace rt
