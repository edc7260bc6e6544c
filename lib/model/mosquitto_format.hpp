#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rt {

// How mosquitto_sub and mosquitto_rr 2.0.11 print a message (mosquitto_sub(1), "OUTPUT FORMAT").
struct MosquittoFormat {
  std::optional<std::string> text =
      std::nullopt;          // -F, without a fault; absent: the payload, if there is one
  bool verbose = false;      // -v: the topic before it, and "(null)" where there is none
  bool end_of_line = true;   // no -N
  bool pretty = false;       // --pretty
  unsigned chance = 10'000;  // of so many in ten thousand: --random-filter
  std::uint64_t seed = 0;    // of that chance
  // Gets what went wrong with a message, as one line: "Error: ...". Null: nobody wants it.
  std::function<void(const std::string&)> tell = nullptr;
};

// What is wrong with -F: "Incomplete format specifier."; empty when nothing is.
std::string fault_of_mosquitto_format(std::string_view text);

}  // namespace rt
