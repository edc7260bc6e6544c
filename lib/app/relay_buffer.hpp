#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/source.hpp"

namespace rt {

// What stands before a source that would rather lose its reader than wait for it: it is read
// without pause, and what does not fit is dropped, the newest first, and reported as a gap. A
// source that numbers its messages as hubs do can be resumed, so it is made to wait instead.
class RelayBuffer final : public Source {
 public:
  // Keeps up to so many bytes. The source must outlive this.
  RelayBuffer(Reactor& reactor, Source& source, std::size_t bytes);

  // Reads the source until its end; must run beside read().
  asio::awaitable<void> fill();

  asio::awaitable<Result<Batch>> read() override;
  // Messages that the source gave and read() has not, those that were dropped included.
  std::uint64_t left() const { return kept_.size() + dropped_; }

 private:
  bool full(std::size_t size) const { return bytes_ > 0 && bytes_ + size > limit_; }

  Source& source_;
  std::size_t limit_;
  Notifier changed_;
  Batch kept_;
  std::size_t bytes_ = 0;
  std::uint64_t dropped_ = 0;  // since the last read()
  std::optional<Result<Batch>> end_;
};

}  // namespace rt
