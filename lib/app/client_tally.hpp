#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "app/connection.hpp"
#include "app/run_report.hpp"
#include "app/totals.hpp"
#include "model/message.hpp"

namespace rt {

// Counts what passes through a client: batches, never single messages where it can be helped.
class ClientTally {
 public:
  // --- down: `safe` is how many of all that came, reports of gaps among them, have got to where
  // they go.
  void came(const Batch& batch, Milliseconds now);
  void lost(const std::optional<std::uint64_t>& missed);
  void delivered(std::uint64_t safe);
  const Traffic& received() const { return received_; }
  std::uint64_t undelivered() const { return came_ - received_.messages; }

  // --- up
  void expect_input(std::uint64_t size) { input_size_ = size; }
  void read_input(std::uint64_t bytes) { input_ += bytes; }
  // Messages that are to be sent.
  void take(const Amount& amount) { taken_ += amount; }
  // `given` is what the connection has taken of them.
  void sent(const Amount& given, const Outstanding& outstanding);
  void first_sent(Milliseconds now) {
    if (!sent_.first) sent_.first = now;
  }
  const Traffic& sent() const { return sent_; }
  std::uint64_t unsent() const { return taken_.messages - sent_.messages - refused_; }

  void fill(RunFigures& figures) const;
  void fill(Totals& totals) const;

 private:
  static constexpr std::size_t kGap = SIZE_MAX;

  Traffic received_;
  std::deque<std::size_t> sizes_;  // of what is not delivered, or kGap
  std::uint64_t came_ = 0;         // messages
  std::uint64_t settled_ = 0;      // messages and gaps
  std::uint64_t gaps_ = 0;
  std::uint64_t lost_ = 0;

  std::optional<std::uint64_t> input_size_;
  std::uint64_t input_ = 0;
  Amount taken_;
  Traffic sent_;
  std::uint64_t refused_ = 0;
  std::uint64_t refused_bytes_ = 0;
};

}  // namespace rt
