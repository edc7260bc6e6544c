#pragma once

#include <asio/awaitable.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/end_options.hpp"
#include "app/run.hpp"
#include "base/result.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/report_file.hpp"
#include "model/json_pointer.hpp"

namespace rt {

struct FeedsOptions {
  std::vector<EndOptions> feeds;  // remote ends
  Milliseconds time = Milliseconds(3000);
  std::optional<JsonPointer>
      same_by;  // what tells that two messages are the same; else the payload
  std::optional<ReportFile> json;
};

// What would be done, for people: a line.
std::string feeds_plan(const FeedsOptions& options);

// Reads from feeds that exist, all at the same time, and prints on stdout what each brings and who
// is first. The time begins when all are connected. Errors: of a feed that cannot be; other (the
// report cannot be written).
asio::awaitable<Result<void>> compare_feeds(Reactor& reactor, Shutdown& shutdown,
                                            FeedsOptions options);

}  // namespace rt
