#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/message.hpp"

namespace rt {

// What is sent, and when each message should leave: an open loop, which does not wait for anybody.
// Each bears its number, so its intended time is known wherever it arrives.
class ComparedLoad {
 public:
  using Time = std::chrono::nanoseconds;  // since the first message should leave

  static constexpr std::size_t kMark = 9;  // bytes at a payload's end
  static constexpr std::uint32_t kNoNumber = 0xffffffff;

  // Of so many bytes, at least kMark; or the payload and the mark after it. What is not UTF-8 is
  // binary, whatever is asked for.
  static ComparedLoad of_size(std::size_t size, Time interval, Time length,
                              PayloadKind kind = PayloadKind::text);
  static ComparedLoad of_payload(std::string payload, Time interval, Time length,
                                 PayloadKind kind = PayloadKind::text);

  std::uint32_t count() const { return count_; }
  Time due(std::uint32_t number) const { return number * interval_; }
  std::size_t size() const { return payload_.size() + kMark; }
  PayloadKind kind() const { return kind_; }
  bool is_utf8() const { return utf8_; }
  std::string payload(std::uint32_t number) const;
  // Nothing: it bears no mark.
  static std::optional<std::uint32_t> number_of(std::string_view payload);

 private:
  ComparedLoad(std::string payload, Time interval, Time length, PayloadKind kind);

  std::string payload_;
  Time interval_;
  std::uint32_t count_;
  bool utf8_;
  PayloadKind kind_;
};

// What a reader has had of a load.
class ReaderTally {
 public:
  explicit ReaderTally(std::uint32_t count) : seen_(count) {}

  bool has(std::uint32_t number) const { return seen_[number]; }
  // Its latency, if it is the first time that this one comes.
  std::optional<ComparedLoad::Time> came(const ComparedLoad& load, std::uint32_t number,
                                         ComparedLoad::Time at);
  std::uint32_t delivered() const { return delivered_; }
  std::uint32_t doubled() const { return doubled_; }
  std::uint32_t disordered() const { return disordered_; }  // came after a later one

 private:
  std::vector<bool> seen_;
  std::uint32_t delivered_ = 0;
  std::uint32_t doubled_ = 0;
  std::uint32_t disordered_ = 0;
  std::uint32_t next_ = 0;  // after the highest that came
};

}  // namespace rt
