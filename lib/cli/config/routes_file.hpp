#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "cli/config/config.hpp"

// The file of `rtrelay run`: many routes, each with what `rtrelay FROM TO...` could be given.
namespace rt::cli {

// What becomes of a route that has ended.
enum class Restart : std::uint8_t { on_failure, always, never };

struct FileEnd {
  std::string address;   // as it is written: a URL, "@NAME", "file:PATH" and so on
  ConfigTable settings;  // of this end alone
  ConfigPlace place;
};

struct FileRoute {
  std::string name;
  std::vector<FileEnd> from;
  std::vector<FileEnd> to;
  ConfigTable settings;
  Restart restart = Restart::on_failure;
  bool faulty = false;  // what was wrong is left out
  ConfigPlace place;
};

struct RoutesFile {
  std::string file;
  ConfigTable defaults;           // of all routes
  std::vector<FileRoute> routes;  // as they stand in the file
  std::optional<ConfigPlace> secret;
};

// Reads and judges what can be judged of each key by itself. Every fault is added to `faults`, with
// "FILE:LINE:COLUMN: " before it, and what is wrong is left out.
RoutesFile read_routes(std::string_view text, std::string file, std::string_view home,
                       std::vector<Error>& faults);

}  // namespace rt::cli
