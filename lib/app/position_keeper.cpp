#include "app/position_keeper.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <utility>

#include "io/loop/file_worker.hpp"
#include "io/loop/notifier.hpp"

namespace rt {

// Outlives the keeper for as long as something is being written.
struct PositionKeeper::Saving : std::enable_shared_from_this<Saving> {
  Saving(Reactor& r, std::shared_ptr<StateFile> f, std::function<void()> callback)
      : reactor(r),
        file(std::move(f)),
        on_failure(std::move(callback)),
        placed(file->found()),
        settled(r.executor()),
        worker(r) {}

  void want(Position position) {
    if (position == (wanted ? *wanted : placed)) return;
    wanted = std::move(position);
    if (busy || failed) return;
    busy = true;
    asio::co_spawn(
        reactor.context(), [self = shared_from_this()] { return self->save(); }, asio::detached);
  }

  asio::awaitable<void> save() {
    const auto self = shared_from_this();
    while (wanted && !failed) {
      struct Work {
        std::shared_ptr<StateFile> file;
        Position position;
        Result<void> result;
      };
      placed = *std::exchange(wanted, std::nullopt);
      const auto work = std::make_shared<Work>(Work{file, placed, {}});
      std::function<void()> job = [work] { work->result = work->file->save(work->position); };
      co_await worker.run(std::move(job));
      if (!work->result) failed = work->result.error();
    }
    busy = false;
    settled.notify_all();
    if (failed && on_failure) on_failure();
  }

  Reactor& reactor;
  std::shared_ptr<StateFile> file;
  std::function<void()> on_failure;
  Position placed;  // in the file, or on its way there
  std::optional<Position> wanted;
  bool busy = false;
  std::optional<Error> failed;
  Notifier settled;
  FileWorker worker;
};

PositionKeeper::PositionKeeper(Reactor& reactor, std::shared_ptr<StateFile> file,
                               std::function<void()> on_failure)
    : saving_(std::make_shared<Saving>(reactor, std::move(file), std::move(on_failure))) {}

PositionKeeper::~PositionKeeper() {
  saving_->on_failure = nullptr;
}

void PositionKeeper::came(std::optional<Position> position) {
  ++came_;
  if (!position) return;
  known_ = true;
  marks_.push_back({came_, *std::move(position)});
}

void PositionKeeper::safe(std::uint64_t messages) {
  safe_ = messages;
  std::optional<Position> reached;
  for (; !marks_.empty() && marks_.front().messages <= messages; marks_.pop_front())
    reached = std::move(marks_.front().position);
  if (reached) saving_->want(*std::move(reached));
}

asio::awaitable<void> PositionKeeper::noted() {
  const auto saving = saving_;
  while (saving->busy) co_await saving->settled.wait();
}

asio::awaitable<Result<void>> PositionKeeper::finish(std::optional<Position> last) {
  const auto saving = saving_;
  if (last && all_safe()) {
    known_ = true;
    saving->want(*std::move(last));
  }
  while (saving->busy) co_await saving->settled.wait();
  if (saving->failed) co_return *saving->failed;
  co_return Result<void>();
}

}  // namespace rt
