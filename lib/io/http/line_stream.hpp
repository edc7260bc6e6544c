#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "io/http/client.hpp"

namespace rt {

// An answer without an end, line by line.
class LineStream {
 public:
  // A line longer than `most` bytes is an error (protocol).
  LineStream(std::unique_ptr<HttpStream> stream, std::size_t most)
      : stream_(std::move(stream)), most_(most) {}

  // At least one line, without what ends it (RFC 7464's 0x1e, too); empty lines are left out. None:
  // the answer has ended after all. Silence for longer than `patience` is an error (network).
  asio::awaitable<Result<std::vector<std::string>>> read(
      std::optional<Milliseconds> patience = std::nullopt);

 private:
  Result<std::vector<std::string>> take(std::string_view bytes);

  std::unique_ptr<HttpStream> stream_;
  std::size_t most_;
  std::string rest_;  // of a line that has not ended
  bool ended_ = false;
};

}  // namespace rt
