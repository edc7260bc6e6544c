#pragma once

#include <asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "app/selection.hpp"
#include "base/result.hpp"
#include "io/loop/source.hpp"

namespace rt {

// A source of which only what is selected comes out. What is left out is done with as soon as what
// was read before it is.
class SelectingSource final : public Source {
 public:
  // The source outlives this.
  SelectingSource(Source& source, SelectionOptions options)
      : source_(source), selection_(std::move(options)) {}

  asio::awaitable<Result<Batch>> read() override;
  bool commits() const override { return source_.commits(); }
  void commit(std::size_t left) override;

 private:
  Source& source_;
  Selection selection_;
  bool prepared_ = false;
  std::uint64_t came_ = 0;
  std::uint64_t put_ = 0;   // of what came, as messages that passed
  std::uint64_t safe_ = 0;  // of these
};

}  // namespace rt
