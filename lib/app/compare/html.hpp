#pragma once

#include <string>
#include <string_view>

namespace rt {

// The text as HTML shows it, between tags or in an attribute between double quotes. What is not
// UTF-8, or steers the direction of a line, as \xNN.
std::string html_text(std::string_view text);

// A number for an attribute: two decimals at most.
std::string svg_number(double value);
// `part` of 1, as "12.34%".
std::string percent_of(double part);

// "20 µs", "0.25 ms" or "2 s", for an axis.
std::string axis_time(double seconds);

}  // namespace rt
