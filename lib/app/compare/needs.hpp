#pragma once

#include <cstdint>
#include <string_view>

#include "model/compared_need.hpp"
#include "model/compared_way.hpp"

namespace rt {

enum class Fit : std::uint8_t { meets, with_a_price, fails };

struct NeedFit {
  Fit fit = Fit::meets;
  std::string_view words;  // the price, or why not, as a clause; empty: it meets it
};

NeedFit fit_of(ComparedNeed need, ComparedWay way);
// What a way does that meets it: "it passes proxies that know HTTP alone".
std::string_view meaning_of(ComparedNeed need);

}  // namespace rt
