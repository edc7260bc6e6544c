#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/log.hpp"

namespace rt {

// A log that completes when it is told to, as one on a disk or on another machine does, and that
// other nodes append to as well. It keeps everything, except what is lost on demand.
class LateLog final : public MessageLog {
 public:
  explicit LateLog(MessageId start = {0xABCDEF0123, 0}) : start_(start), last_(start) {}

  MessageId start() const override { return start_; }
  void follow(LogTail& tail) override { tail_ = &tail; }

  void append(std::span<Record> batch, AppendListener& done) override {
    Appending one{{}, &done};
    for (Record& record : batch) one.items.push_back(item_of(record));
    appending_.push_back(std::move(one));
  }
  void read(std::string_view channel, std::uint64_t after, std::size_t limit,
            PastListener& done) override {
    reading_.push_back({std::string(channel), after, limit, &done});
    ++reads;
  }
  void forget(AppendListener& listener) override {
    for (Appending& one : appending_)
      if (one.done == &listener) one.done = nullptr;
  }
  void forget(PastListener& listener) override {
    std::erase_if(reading_, [&](const Reading& one) { return one.done == &listener; });
  }
  LogHealth health() const override { return health_now; }
  std::vector<Metric> metrics() const override {
    return {{"log_waiting", "gauge", "Batches that are not safe yet.", appending_.size()}};
  }

  // The oldest batch is safe: first the tail brings it, then its publisher is told; or the other
  // way about.
  enum class First { tail, listener };
  void complete(First first = First::tail) {
    Appending one = std::move(appending_.front());
    appending_.pop_front();
    const MessageId id{last_.epoch, last_.sequence + 1};
    const auto tell = [&] {
      if (one.done != nullptr) one.done->on_appended(id);
    };
    if (first == First::listener) tell();
    for (Item& item : one.items) bring(std::move(item));
    if (first == First::tail) tell();
  }
  void refuse() {
    Appending one = std::move(appending_.front());
    appending_.pop_front();
    if (one.done != nullptr) one.done->on_appended(Error(Fault::other, "the disk is full"));
  }
  // The oldest reader gets its answer, or hears that the log cannot be read.
  void complete_read() {
    Reading one = take_reading();
    one.done->on_past(past_of(one));
  }
  void refuse_read() { take_reading().done->on_past(Error(Fault::other, "the disk is broken")); }
  // Another node has published.
  void foreign(std::string channel, MessagePtr message) {
    bring({std::move(channel), std::move(message), nullptr});
  }
  // Another epoch, and nothing of what was there before.
  void rotate() {
    kept_.clear();
    last_.epoch += 1;
    tail_->on_epoch(last_);
  }
  // Nothing of the channel up to this sequence is kept.
  void lose(const std::string& channel, std::uint64_t up_to) {
    lost_[channel] = up_to;
    std::erase_if(kept_[channel], [&](const auto& kept) { return kept.first <= up_to; });
  }

  std::size_t appending() const { return appending_.size(); }
  std::size_t reading() const { return reading_.size(); }
  LogHealth health_now;
  std::size_t reads = 0;  // ever asked for

 private:
  struct Item {
    std::string channel;
    MessagePtr message;
    const void* origin;
  };
  struct Appending {
    std::vector<Item> items;
    AppendListener* done;
  };
  struct Reading {
    std::string channel;
    std::uint64_t after;
    std::size_t limit;
    PastListener* done;
  };

  static Item item_of(Record& record) {
    return {std::string(record.channel), std::move(record.message), record.origin};
  }
  Reading take_reading() {
    Reading one = std::move(reading_.front());
    reading_.pop_front();
    return one;
  }
  void bring(Item item) {
    Record record{item.channel, item.message, item.origin, nullptr, ++last_.sequence};
    kept_[item.channel].emplace_back(last_.sequence, item);
    tail_->on_records({&record, 1});
  }
  Past past_of(const Reading& one) {
    Past past;
    const auto lost = lost_.find(one.channel);
    past.whole = lost == lost_.end() || one.after >= lost->second;
    std::size_t bytes = 0;
    for (const auto& [sequence, item] : kept_[one.channel]) {
      if (sequence <= one.after) continue;
      if (past.records.size() == one.limit || bytes > kPastBytes) break;
      bytes += item.message->payload.size();
      past.records.push_back({{}, item.message, item.origin, nullptr, sequence});
    }
    return past;
  }

  MessageId start_;
  MessageId last_;
  LogTail* tail_ = nullptr;
  std::deque<Appending> appending_;
  std::deque<Reading> reading_;
  std::map<std::string, std::vector<std::pair<std::uint64_t, Item>>> kept_;
  std::map<std::string, std::uint64_t> lost_;
};

}  // namespace rt
