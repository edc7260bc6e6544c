#include "engine/hub_places.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt {

TEST_CASE("places of hubs: what is known of each goes up only") {
  HubPlaces places;
  CHECK_FALSE(places.covers({1, 1}));
  places.raise({1, 5});
  places.raise({2, 3});
  places.raise({1, 4});
  CHECK(places.covers({1, 5}));
  CHECK(places.covers({1, 1}));
  CHECK_FALSE(places.covers({1, 6}));
  CHECK_FALSE(places.covers({3, 0}));
  CHECK(places.has(2));
  CHECK_FALSE(places.has(3));
}

TEST_CASE("places of hubs: of many the latest are kept") {
  HubPlaces places;
  for (std::uint64_t epoch = 1; epoch <= HubPlaces::kMost + 1; ++epoch) places.raise({epoch, 1});
  CHECK_FALSE(places.has(1));
  CHECK(places.has(2));
  CHECK(places.has(HubPlaces::kMost + 1));
}

TEST_CASE("places of hubs as text") {
  const std::string all = "0000000001-5,00000000ab-18446744073709551615";
  const auto places = HubPlaces::parse(all);
  REQUIRE(places);
  std::string out;
  places->append_others(out, 2);
  CHECK(out == "," + all);
  out.clear();
  places->append_others(out, 1);
  CHECK(out == ",00000000ab-18446744073709551615");
  // Cut anywhere but after a digit of the last number it is none, or fewer.
  for (std::size_t cut = 0; cut < all.size(); ++cut) {
    const auto part = HubPlaces::parse(all.substr(0, cut));
    const bool whole_first = cut == 12;
    const bool into_last_number = cut > 24;
    CHECK(part.has_value() == (whole_first || into_last_number));
  }
  std::string many = "0000000001-1";
  for (std::size_t i = 1; i < HubPlaces::kMost; ++i) many += ",0000000002-1";
  CHECK(HubPlaces::parse(many));
  CHECK_FALSE(HubPlaces::parse(many + ",0000000003-1"));
  for (const char* bad :
       {"", ",", "x", "0000000001-1,", ",0000000001-1", "0000000001-1, 0000000002-1"})
    CHECK_FALSE(HubPlaces::parse(bad));
}

}  // namespace rt
