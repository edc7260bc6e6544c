#pragma once

#include <string>
#include <string_view>

namespace rt {

// The URL with one more query parameter ("since=1"); its fragment, if any, is dropped. As it stands
// when the parameter is empty.
std::string with_query(std::string_view url, std::string_view parameter);

// The URL without what a hub's clients say in the query about where they stand: since, last, limit
// and wait.
std::string without_position(std::string_view url);

// The URL without the query parameters of that name; its fragment, if any, is dropped.
std::string without_parameter(std::string_view url, std::string_view name);

// The channel that an http or https URL names: its path in the canonical spelling, or as it stands
// when it is no valid channel (ordinary servers name resources as they like).
std::string channel_of_url(std::string_view url);

}  // namespace rt
