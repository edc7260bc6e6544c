#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/reconnect.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/recording.hpp"
#include "io/loop/descriptor.hpp"
#include "io/loop/reactor.hpp"
#include "io/stdio/output_writer.hpp"
#include "model/message.hpp"
#include "model/recorded_line.hpp"

namespace rt {

struct RecordOptions {
  std::shared_ptr<Descriptor> file;  // null: nothing is recorded
  std::string name;                  // of the file, for errors
  std::string command;               // "rtws sub"
  std::string url;                   // without secrets
  Transport transport = Transport::ws;
};

// Writes what passes between clients and servers into a file, as it happens: whole lines, each
// handed to the system before the next. What the file held before stays until there is a first one.
class Recorder {
 public:
  Recorder(Reactor& reactor, RecordOptions options);

  // Called once when the file cannot be written, from within a call of this or from the loop.
  void on_failure(std::function<void()> callback);

  // `proto` is that of the options where it is not said.
  void messages(const recording::Who& who, Messages messages,
                std::optional<std::string_view> proto = std::nullopt);
  void opened(const recording::Who& who, const recording::Opened& what = {});
  void closed(const recording::Who& who, std::optional<std::uint16_t> code,
              std::string_view reason);
  void failed(const recording::Who& who, std::string_view reason);

  // Completes when there is room for more.
  asio::awaitable<Result<void>> room();
  // Completes when all is in the file, or within moments.
  asio::awaitable<Result<void>> finish();
  // A file that cannot be written is an error (other).
  Result<void> status() const;

 private:
  Microseconds now() const;
  std::string begin() const;
  void write(std::string lines);
  void look_for_failure();

  Reactor& reactor_;
  RecordOptions options_;
  SteadyTime start_;
  WallTime start_time_;
  OutputWriter output_;
  std::function<void()> on_failure_;
  bool begun_ = false;
  bool behind_ = false;
};

// What becomes of one way's connections, recorded.
class RecordedWay {
 public:
  // `end` is the way's name where there are several. The recorder must outlive this.
  RecordedWay(Recorder& recorder, Transport transport, std::string end = {})
      : recorder_(recorder), transport_(transport), end_(std::move(end)) {}

  void on(const ConnectionEvent& event);
  // This side closes what is open, if anything is.
  void close();

 private:
  Recorder& recorder_;
  Transport transport_;
  std::string end_;
  bool open_ = false;
};

}  // namespace rt
