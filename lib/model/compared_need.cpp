#include "model/compared_need.hpp"

#include <array>

namespace rt {
namespace {

constexpr std::array<std::string_view, kComparedNeeds> kNames = {
    "two-way", "binary", "browser", "offline", "exactly-once", "proxies"};

}  // namespace

std::string_view name_of(ComparedNeed need) {
  return kNames[static_cast<std::size_t>(need)];
}

std::optional<ComparedNeed> compared_need(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<ComparedNeed>(i);
  return std::nullopt;
}

}  // namespace rt
