#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <string>

#include "app/position_keeper.hpp"
#include "app/remote_end.hpp"
#include "base/result.hpp"
#include "io/loop/source.hpp"

namespace rt {

// A source whose way is kept in a file: behind the last message that its sinks have.
class KeepingSource final : public Source {
 public:
  // The end, and the source, which gives what the end does, outlive this. `on_failure`: the file
  // cannot be written to.
  KeepingSource(Reactor& reactor, RemoteEnd& end, Source& source, std::shared_ptr<StateFile> file,
                std::function<void()> on_failure)
      : end_(end), source_(source), keeper_(reactor, std::move(file), std::move(on_failure)) {}

  asio::awaitable<Result<Batch>> read() override;
  bool commits() const override { return true; }
  void commit(std::size_t left) override;
  // Completes when the file holds what is safe. Errors: it cannot be written to.
  asio::awaitable<Result<void>> finish();

 private:
  RemoteEnd& end_;
  Source& source_;
  PositionKeeper keeper_;
  bool told_nowhere_ = false;
};

}  // namespace rt
