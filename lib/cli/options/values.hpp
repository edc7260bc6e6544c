#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/clock.hpp"
#include "cli/options/options.hpp"

// How option values are read from text, and defaults shown as the same text.
namespace rt::cli {

// What is wrong with a value, in words that follow "--name VALUE: "; empty when nothing is.
using Problem = std::string;

Problem read_duration(std::string_view text, Milliseconds least, Milliseconds& value);
Problem read_size(std::string_view text, std::uint64_t least, std::uint64_t most,
                  std::uint64_t& value);
Problem read_count(std::string_view text, std::uint64_t least, std::uint64_t& value);
// Resolves \n \r \t \0 \\ and \xNN.
Problem read_escaped(std::string_view text, std::string& value);
// A template for messages (model/message_format.hpp).
Problem read_template(std::string_view text, std::string& value);
// "Name: value" (RFC 9110, section 5).
Problem read_header(std::string_view text, std::pair<std::string, std::string>& value);
// One token (RFC 9110, section 5.6.2).
Problem read_token(std::string_view text, std::string& value);
// Close codes of WebSockets (model/close_codes.hpp).
Problem read_close_codes(std::string_view text, std::string& value);
// A media type (RFC 9110, section 8.3.1).
Problem read_media_type(std::string_view text, std::string& value);
// What can go into one header field: no control characters.
Problem read_line(std::string_view text, std::string& value);
// A line with at least one character.
Problem read_word(std::string_view text, std::string& value);
// scheme://host[:port] in lower case, as browsers send it.
Problem read_origin(std::string_view text, std::string& value);
// A host name in lower case, without port.
Problem read_host(std::string_view text, std::string& value);
// A bearer token (RFC 6750, section 2.1).
Problem read_bearer(std::string_view text, std::string& value);

// "500ms", "5s", "2m", "1h": what read_duration reads back.
std::string show_duration(Milliseconds value);
// "16MiB": what read_size reads back.
std::string show_size(std::uint64_t value);

// Where a table row's value goes: `apply` is called once for every occurrence, with the value or,
// for a flag, with nothing; `shown` gives the default, and is null where there is none to show.
struct Binding {
  Problem (*apply)(Options& options, std::string_view text) = nullptr;
  std::string (*shown)(const Options& options) = nullptr;
};

inline constexpr std::uint64_t kMostBytes = SIZE_MAX / 2;  // and of anything else that is counted
// WebSocket and length-prefix lengths stay within 32 bits, whatever is added around a payload.
inline constexpr std::uint64_t kMostMessageBytes = std::uint64_t{1} << 30;

template <auto Member>
constexpr Binding flag() {
  return {[](Options& options, std::string_view) -> Problem {
            options.*Member = true;
            return {};
          },
          nullptr};
}

// Flags that choose one of an enumeration.
template <auto Member, auto Value>
constexpr Binding choice() {
  return {[](Options& options, std::string_view) -> Problem {
            options.*Member = Value;
            return {};
          },
          nullptr};
}

template <auto Member, auto Show>
constexpr auto shown_unless_optional() -> std::string (*)(const Options&) {
  using Value = std::remove_cvref_t<decltype(std::declval<Options>().*Member)>;
  if constexpr (requires(Value value) { value.has_value(); }) {
    return nullptr;
  } else {
    return [](const Options& options) { return Show(options.*Member); };
  }
}

enum class Zero : std::uint8_t { allowed, refused };

template <auto Member, Zero zero = Zero::refused>
constexpr Binding duration() {
  return {[](Options& options, std::string_view text) -> Problem {
            Milliseconds value{};
            Problem problem = read_duration(text, zero == Zero::allowed ? 0ms : 1ms, value);
            if (problem.empty()) options.*Member = value;
            return problem;
          },
          shown_unless_optional<Member, show_duration>()};
}

template <auto Member, std::uint64_t most = kMostBytes>
constexpr Binding size() {
  return {[](Options& options, std::string_view text) -> Problem {
            std::uint64_t value = 0;
            Problem problem = read_size(text, 1, most, value);
            if (problem.empty()) options.*Member = static_cast<std::size_t>(value);
            return problem;
          },
          shown_unless_optional<Member, show_size>()};
}

inline std::string show_count(std::uint64_t value) {
  return std::to_string(value);
}

template <auto Member>
constexpr Binding count() {
  return {[](Options& options, std::string_view text) -> Problem {
            std::uint64_t value = 0;
            Problem problem = read_count(text, 1, value);
            if (problem.empty()) options.*Member = static_cast<std::size_t>(value);
            return problem;
          },
          shown_unless_optional<Member, show_count>()};
}

// A string, read by one of the functions above.
template <auto Member, auto Read>
constexpr Binding string() {
  return {[](Options& options, std::string_view text) -> Problem {
            std::string value;
            Problem problem = Read(text, value);
            if (problem.empty()) options.*Member = std::move(value);
            return problem;
          },
          nullptr};
}

// One more element of a list for every occurrence.
template <auto Member, auto Read>
constexpr Binding list() {
  return {[](Options& options, std::string_view text) -> Problem {
            typename std::remove_cvref_t<decltype(options.*Member)>::value_type value;
            Problem problem = Read(text, value);
            if (problem.empty()) (options.*Member).push_back(std::move(value));
            return problem;
          },
          nullptr};
}

}  // namespace rt::cli
