#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace rt {

// What a user can need of a way to readers, whatever it costs.
enum class ComparedNeed : std::uint8_t {
  two_way,       // readers send as well
  binary,        // bytes as they are
  browser,       // without a library
  offline,       // what was sent while a reader was away
  exactly_once,  // none lost and none twice, whatever breaks
  proxies,       // that know HTTP alone
};
inline constexpr std::size_t kComparedNeeds = 6;

std::string_view name_of(ComparedNeed need);
std::optional<ComparedNeed> compared_need(std::string_view name);

}  // namespace rt
