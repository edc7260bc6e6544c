#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

using namespace std::chrono_literals;

using SteadyTime = std::chrono::steady_clock::time_point;
using Milliseconds = std::chrono::milliseconds;

// Microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

WallTime wall_now();

// RFC 3339 in UTC with microseconds: "2026-01-02T03:04:05.678901Z". The nearest such time
// for one before the year 0 or after 9999.
std::string format_time(WallTime time);
void append_time(std::string& out, WallTime time);

// Local time as strftime(3) writes it; empty when there is no such date, or for more than 64 KiB.
std::string local_time(WallTime time, const std::string& format);

// Reads a number of seconds as JSON writes it ("1.5", "2e-5"); nullopt when it is negative, or more
// than a hundred years.
std::optional<std::chrono::microseconds> microseconds_of(std::string_view text);

// Reads a time of the years 1973 to 2069: RFC 3339, or a number of seconds, milliseconds,
// microseconds or nanoseconds since 1970.
std::optional<WallTime> moment_of(std::string_view text);

// Reads RFC 3339 with any offset and zero to nine digits of fraction; nullopt for anything else.
std::optional<WallTime> parse_time(std::string_view text);

}  // namespace rt
