#include "engine/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace rt {
namespace {

// By Newton: the library goes without libm.
double root_of(double square) {
  if (square <= 0) return 0;
  double root = square > 1 ? square : 1;
  for (int i = 0; i < 200; ++i) {
    const double next = (root + square / root) / 2;
    if (next >= root) break;
    root = next;
  }
  return root;
}

double milliseconds_of(double nanoseconds) {
  return nanoseconds / 1e6;
}

// How many have to lie at or below a percentile, rounded up; the first at least.
std::uint64_t rank_of(double part, std::uint64_t count) {
  const double wanted = std::clamp(part, 0.0, 1.0) * static_cast<double>(count);
  auto rank = static_cast<std::uint64_t>(wanted);
  if (static_cast<double>(rank) < wanted || rank == 0) ++rank;
  return std::min(rank, count);
}

template <class... Values>
void append_line(std::string& out, const char* format, Values... values) {
  char line[120];
  const int length = std::snprintf(line, sizeof line, format, values...);
  out.append(line, static_cast<std::size_t>(std::clamp(length, 0, 119)));
}

}  // namespace

template <class See>
void Histogram::each_step(See&& see) const {
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::vector<std::uint64_t>& counts = parts_[part];
    // The first part's steps are the lengths below 2048; of the others the ten bits after the first
    // one tell the step.
    const std::size_t first = part == 0 ? 0 : std::size_t{1} << kBits;
    for (std::size_t i = 0; i < counts.size(); ++i)
      if (counts[i] != 0 && !see(((first + i + 1) << part) - 1, counts[i])) return;
  }
}

void Histogram::add(Length length, std::uint64_t times) {
  constexpr std::uint64_t kMost = (std::uint64_t{1} << kMostBits) - 1;
  if (times == 0) return;
  const std::uint64_t value =
      length.count() <= 0 ? 0 : std::min(static_cast<std::uint64_t>(length.count()), kMost);
  const auto bits = static_cast<unsigned>(std::bit_width(value));
  const std::size_t part = bits <= kBits + 1 ? 0 : bits - kBits - 1;
  const std::size_t first = part == 0 ? 0 : std::size_t{1} << kBits;
  std::vector<std::uint64_t>& counts = parts_[part];
  if (counts.empty()) counts.resize((part == 0 ? std::size_t{2} : std::size_t{1}) << kBits);
  counts[static_cast<std::size_t>(value >> part) - first] += times;
  count_ += times;
  sum_ += static_cast<double>(value) * static_cast<double>(times);
  max_ = std::max(max_, Length(static_cast<std::int64_t>(value)));
}

void Histogram::merge(const Histogram& other) {
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::vector<std::uint64_t>& theirs = other.parts_[part];
    std::vector<std::uint64_t>& counts = parts_[part];
    if (counts.empty()) {
      counts = theirs;
      continue;
    }
    for (std::size_t i = 0; i < theirs.size(); ++i) counts[i] += theirs[i];
  }
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

Histogram::Length Histogram::mean() const {
  return Length(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / static_cast<double>(count_)));
}

Histogram::Length Histogram::percentile(double part) const {
  const std::uint64_t rank = rank_of(part, count_);
  std::uint64_t seen = 0;
  Length found = max_;
  each_step([&](std::uint64_t longest, std::uint64_t number) {
    seen += number;
    if (seen < rank) return true;
    found = std::min(max_, Length(static_cast<std::int64_t>(longest)));
    return false;
  });
  return found;
}

std::uint64_t Histogram::deviation() const {
  const double mean = count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
  double squares = 0;
  each_step([&](std::uint64_t longest, std::uint64_t number) {
    const double away =
        std::min(static_cast<double>(longest), static_cast<double>(max_.count())) - mean;
    squares += away * away * static_cast<double>(number);
    return true;
  });
  return count_ == 0 ? 0
                     : static_cast<std::uint64_t>(root_of(squares / static_cast<double>(count_)));
}

std::string Histogram::hgrm() const {
  std::string out = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  constexpr int kLines = 5;
  double level = 0, half = 1;  // half: what lay above the last time that it was halved
  int line = 0;                // since then
  std::uint64_t seen = 0;
  each_step([&](std::uint64_t longest, std::uint64_t number) {
    seen += number;
    const double value = std::min(static_cast<double>(longest), static_cast<double>(max_.count()));
    while (seen < count_ && seen >= rank_of(level, count_)) {
      append_line(out, "%12.3f %2.12f %10llu %14.2f\n", milliseconds_of(value), level,
                  static_cast<unsigned long long>(seen), 1 / (1 - level));
      if (++line == kLines) {
        line = 0;
        half /= 2;
      }
      level = 1 - half + half / 2 * line / kLines;
    }
    return true;
  });
  if (count_ > 0)
    append_line(out, "%12.3f %2.12f %10llu\n", milliseconds_of(static_cast<double>(max_.count())),
                1.0, static_cast<unsigned long long>(count_));
  const double mean = count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
  append_line(out, "#[Mean    = %12.3f, StdDeviation   = %12.3f]\n", milliseconds_of(mean),
              milliseconds_of(static_cast<double>(deviation())));
  append_line(out, "#[Max     = %12.3f, Total count    = %12llu]\n",
              milliseconds_of(static_cast<double>(max_.count())),
              static_cast<unsigned long long>(count_));
  append_line(out, "#[Buckets = %12zu, SubBuckets     = %12zu]\n", kParts, std::size_t{2} << kBits);
  return out;
}

}  // namespace rt
