#include "io/stdio/file_end.hpp"

#include <functional>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/loop/file_worker.hpp"
#include "io/loop/notifier.hpp"
#include "io/stdio/file_appender.hpp"
#include "io/stdio/file_follower.hpp"
#include "io/stdio/frame_writer.hpp"
#include "io/stdio/output_writer.hpp"

namespace rt {
namespace {

constexpr Milliseconds kBetweenLooks = 200ms;
constexpr Milliseconds kBetweenTries = 500ms;  // to write to a full disk

std::string clause_of(const std::string& path) {
  return "file: " + printable(path, 500);
}

}  // namespace

// --- following -----------------------------------------------------------------------------------

struct FileSource::State {
  State(Reactor& reactor, FileOptions o)
      : options(std::move(o)),
        follower(std::make_shared<FileFollower>(options.path, options.from_beginning)),
        decoder(options.framing),
        changed(reactor.executor()),
        worker(reactor) {
    begin_decoding();
  }

  void begin_decoding() {
    decoder = FrameDecoder(options.framing);
    if (options.on_skipped) decoder.skip_too_large(options.on_skipped);
  }

  asio::awaitable<Result<FileFollower::Step>> step() {
    struct Look {
      std::shared_ptr<FileFollower> follower;
      std::optional<Result<FileFollower::Step>> found;
    };
    const auto look = std::make_shared<Look>(Look{follower, std::nullopt});
    std::function<void()> job = [look] { look->found.emplace(look->follower->step()); };
    co_await worker.run(std::move(job));
    co_return *std::move(look->found);
  }

  // A last line without its end: nobody will write that any more.
  void end_file(Batch& batch) {
    const Result<void> finished = decoder.finish(batch);
    if (!finished) Log::warn(finished.error().within(clause_of(options.path)).text());
    begin_decoding();
  }

  FileOptions options;
  std::shared_ptr<FileFollower> follower;
  FrameDecoder decoder;
  Notifier changed;
  FileWorker worker;
  bool closed = false;
  bool told_missing = false;
  std::optional<Error> failed;
};

FileSource::FileSource(Reactor& reactor, FileOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

FileSource::~FileSource() {
  state_->closed = true;
  state_->changed.notify_all();
}

asio::awaitable<Result<Batch>> FileSource::read() {
  const std::shared_ptr<State> state = state_;
  Batch batch;
  while (!state->closed) {
    if (state->failed) co_return *state->failed;
    const Result<FileFollower::Step> step = co_await state->step();
    if (!step) co_return step.error();
    if (state->closed) break;
    if (step->missing && !std::exchange(state->told_missing, true))
      Log::warn(clause_of(state->options.path) + ": is not there yet: it is waited for");
    if (step->truncated)
      Log::warn(clause_of(state->options.path) +
                ": was truncated: what was added to it just before may be lost");
    if (step->begins_anew) state->end_file(batch);
    const Result<void> decoded = state->decoder.receive(step->bytes, batch);
    if (!decoded) state->failed = decoded.error().within(clause_of(state->options.path));
    if (!batch.empty()) co_return batch;
    if (!step->bytes.empty() || step->begins_anew) continue;
    co_await state->changed.wait_until(std::chrono::steady_clock::now() + kBetweenLooks);
  }
  co_return Batch();
}

// --- appending -----------------------------------------------------------------------------------

struct FileSink::State {
  State(Reactor& r, FileOptions o)
      : reactor(r),
        options(std::move(o)),
        file(std::make_shared<FileAppender>(options.path, options.rotation)),
        encoder(options.framing, options.transport, clause_of(options.path)),
        stopped(r.executor()),
        worker(r) {}
  ~State() {
    // A thread that is stuck in writing to it must not find another file under its number.
    if (stream && stream->pending() > 0) file->release();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> open() {
    Result<void> result = file->open();
    if (!result) return result;
    if (!file->regular())
      stream.emplace(reactor, file->fd(), clause_of(options.path) + ": cannot write");
    return {};
  }

  // A full pipe or a terminal may hold a writer for ever.
  asio::awaitable<Result<void>> write_stream(std::string bytes) {
    stream->write(std::move(bytes));
    const Result<void> written = co_await stream->finish();
    if (!written) co_return written;
    if (stream->closed())
      co_return Error(Fault::closed, clause_of(options.path) + ": nobody reads this pipe any more");
    co_return Result<void>();
  }

  asio::awaitable<Result<void>> append(std::string bytes) {
    struct Write {
      std::shared_ptr<FileAppender> file;
      std::string bytes;
      bool reopen = false;
      bool full = false;
      Result<void> result;
    };
    const auto work = std::make_shared<Write>();
    work->file = file;
    work->bytes = std::move(bytes);
    const std::function<void()> job = [work] {
      if (work->reopen) work->file->close();
      work->result = work->file->append(work->bytes);
      work->full = !work->result && work->file->full();
    };
    for (;;) {
      work->reopen = std::exchange(reopen, false);
      std::function<void()> again = job;
      co_await worker.run(std::move(again));
      note(work->full, work->result);
      if (!work->full) co_return work->result;
      const bool over =
          co_await stopped.wait_until(std::chrono::steady_clock::now() + kBetweenTries);
      if (over) co_return work->result;
    }
  }

  void note(bool is_full, const Result<void>& result) {
    if (is_full == std::exchange(full, is_full)) return;
    if (is_full)
      Log::warn(result.error().text() + ": room is waited for");
    else if (result)
      Log::warn(clause_of(options.path) + ": can be written again");
  }

  Reactor& reactor;
  FileOptions options;
  std::shared_ptr<FileAppender> file;
  FrameWriter encoder;
  std::optional<OutputWriter> stream;
  Notifier stopped;
  FileWorker worker;
  bool opened = false;
  bool reopen = false;
  bool full = false;  // the disk, and that was told
};

void FileSink::reopen() {
  state_->reopen = true;
}

FileSink::FileSink(Reactor& reactor, FileOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

FileSink::~FileSink() {
  state_->stopped.notify_all();
}

bool FileSink::waits() const {
  return state_->full;
}

Result<void> FileSink::open() {
  Result<void> opened = state_->open();
  state_->opened = opened.ok();
  return opened;
}

asio::awaitable<Result<void>> FileSink::write(Messages messages) {
  const std::shared_ptr<State> state = state_;
  std::string bytes;
  for (const MessagePtr& message : messages) state->encoder.append(bytes, *message);
  if (!state->opened) {
    const Result<void> opened = state->open();
    if (!opened) co_return opened;
    state->opened = true;
  }
  if (state->stream) {
    const Result<void> written = co_await state->write_stream(std::move(bytes));
    co_return written;
  }
  const Result<void> appended = co_await state->append(std::move(bytes));
  co_return appended;
}

asio::awaitable<Result<void>> FileSink::finish() {
  // write() completes when all of it is in the file.
  co_return Result<void>();
}

std::uint64_t FileSink::refused() const {
  return state_->encoder.refused();
}

}  // namespace rt
