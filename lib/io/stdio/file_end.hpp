#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/framing.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/source.hpp"
#include "io/stdio/file_appender.hpp"
#include "model/message.hpp"

namespace rt {

struct FileOptions {
  std::string path;
  Framing framing;
  std::optional<Transport> transport;  // "proto" of the envelopes that are written
  bool from_beginning = false;         // reading: else from what is added from now on
  FileRotation rotation = {};          // writing
  // Reading: called for what is over the limit, which is passed over; absent: that is an error.
  std::function<void(const Error&)> on_skipped = {};
};

// Follows a file as `tail -F` does: what is appended comes out, a message when it is whole. It may
// be missing at first, which is told once, and be truncated, which is told, or renamed and made
// anew; what a replaced file still held comes first. Every error begins with "file: PATH: ".
class FileSource final : public Source {
 public:
  FileSource(Reactor& reactor, FileOptions options);
  // read() ends with an empty batch.
  ~FileSource() override;

  // It ends only by an error: the file cannot be read, or its bytes are no messages.
  asio::awaitable<Result<Batch>> read() override;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Appends to a file, which is made when it is missing, also anew when it was renamed or removed.
// A batch is one write; when that fails, nothing of the batch stays in a regular file. Where a disk
// is full, or a quota used up, write() tells so and waits for room.
class FileSink final : public Sink {
 public:
  FileSink(Reactor& reactor, FileOptions options);
  ~FileSink() override;

  // Optional: opens it now, so that an error (usage) comes before anything is read.
  Result<void> open();
  // The next write opens the path again.
  void reopen();

  asio::awaitable<Result<void>> write(Messages messages) override;
  asio::awaitable<Result<void>> finish() override;
  // It waits for room.
  bool waits() const;
  // Messages that were not written as --escape wishes; each is told.
  std::uint64_t refused() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
