#pragma once

#include "engine/log.hpp"

namespace rt {

// A log that keeps nothing: the windows are all there is, and their messages end with the process.
// Everything is done within the call. The tail comes before the listener.
class MemoryLog final : public MessageLog {
 public:
  // An epoch has 40 bits, the others are dropped; it is to be a new one for each process.
  explicit MemoryLog(std::uint64_t epoch) : last_{epoch & 0xFFFFFFFFFFull, 0} {}

  MessageId start() const override { return last_; }
  void follow(LogTail& tail) override { tail_ = &tail; }
  bool takes_parts() const override { return true; }
  void append(std::span<Record> batch, AppendListener& done) override;
  void read(std::string_view channel, std::uint64_t after, std::size_t limit,
            PastListener& done) override;
  void forget(AppendListener&) override {}
  void forget(PastListener&) override {}
  LogHealth health() const override { return {}; }
  std::vector<Metric> metrics() const override { return {}; }

 private:
  MessageId last_;
  LogTail* tail_ = nullptr;
};

}  // namespace rt
