#pragma once

#include <span>
#include <string_view>
#include <utility>

namespace rt::cli {

// What the manual says of rtrelay compare beside its options: whole sentences, a paragraph each.
std::span<const std::string_view> compare_paragraphs();
// The keys of its report for programs, and what stands there.
std::span<const std::pair<std::string_view, std::string_view>> compare_keys();

}  // namespace rt::cli
