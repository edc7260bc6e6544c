#include "app/progress.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace rt {
namespace {

constexpr std::size_t kMostSamples = 256;
constexpr double kMostTenths = 1e17;
constexpr int kHighestRank = 8;

// "12.3", or "12" where a tenth says nothing: from 100 on, or when asked.
std::string tenths_text(double number, bool whole) {
  if (!(number > 0)) number = 0;
  if (whole || number >= 99.95) return std::to_string(rounded(std::min(number, kMostTenths / 10)));
  const std::int64_t tenths = rounded(number * 10);
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
}

std::string two_digits(std::int64_t number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

struct Part {
  std::string text;
  int rank;  // the highest goes first where there is no room
};

std::vector<Part> parts_of(const Progress& progress) {
  std::vector<Part> parts;
  for (const Progress::Way& way : progress.ways) {
    const std::string name = way.name.empty() ? "" : way.name + " ";
    parts.push_back({name + std::to_string(way.messages) + " messages", 0});
    parts.push_back({short_number(way.rate) + "/s", 3});
    parts.push_back({short_bytes(static_cast<double>(way.bytes)), 5});
  }
  parts.push_back({clock_text(progress.elapsed), 4});
  if (progress.lag) parts.push_back({"lag " + std::to_string(*progress.lag), 7});
  parts.push_back({"reconnects " + std::to_string(progress.reconnects),
                   progress.reconnects == 0 ? kHighestRank : 6});
  if (progress.percent) parts.push_back({std::to_string(*progress.percent) + "%", 1});
  if (progress.left) parts.push_back({clock_text(*progress.left) + " left", 2});
  return parts;
}

std::string joined(const std::vector<Part>& parts, int most) {
  std::string text;
  for (const Part& part : parts) {
    if (part.rank > most) continue;
    if (!text.empty()) text += ", ";
    text += part.text;
  }
  return text;
}

}  // namespace

void Speed::add(SteadyTime now, std::uint64_t count) {
  samples_.push_back({now, count});
  while (samples_.size() > kMostSamples ||
         (samples_.size() > 2 && now - samples_.front().time > window_))
    samples_.pop_front();
}

double Speed::per_second() const {
  if (samples_.size() < 2) return 0;
  const std::chrono::duration<double> span = samples_.back().time - samples_.front().time;
  if (span.count() <= 0) return 0;
  return static_cast<double>(samples_.back().count - samples_.front().count) / span.count();
}

std::string progress_text(const Progress& progress, std::size_t columns) {
  const std::vector<Part> parts = parts_of(progress);
  std::string text;
  for (int most = kHighestRank; most >= 0; --most) {
    text = joined(parts, most);
    if (text.size() <= columns) return text;
  }
  text.resize(columns);
  return text;
}

std::optional<unsigned> percent_of(std::uint64_t done, std::uint64_t size) {
  if (size == 0 || done > size) return std::nullopt;
  return static_cast<unsigned>(static_cast<double>(done) * 100 / static_cast<double>(size));
}

std::optional<Milliseconds> time_left(std::uint64_t done, std::uint64_t size, double per_second) {
  constexpr double kMostSeconds = 100.0 * 24 * 60 * 60;
  if (done > size || !(per_second > 0)) return std::nullopt;
  const double seconds = static_cast<double>(size - done) / per_second;
  if (seconds > kMostSeconds) return std::nullopt;
  return Milliseconds(rounded(seconds * 1000));
}

std::string short_number(double number) {
  constexpr std::array<std::string_view, 4> kUnits = {"k", "M", "G", "T"};
  if (!(number > 0)) return "0";
  if (number < 9.95) return tenths_text(number, rounded(number * 10) == rounded(number) * 10);
  if (number < 9999.5) return tenths_text(number, true);
  std::size_t unit = 0;
  for (number /= 1000; number >= 999.5 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  return tenths_text(number, false) + std::string(kUnits[unit]);
}

std::string short_bytes(double bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {" KiB", " MiB", " GiB",
                                                      " TiB", " PiB", " EiB"};
  if (bytes < 1023.5) return tenths_text(bytes, true) + " B";
  std::size_t unit = 0;
  for (bytes /= 1024; bytes >= 1023.5 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
  return tenths_text(bytes, false) + std::string(kUnits[unit]);
}

std::string clock_text(Milliseconds span) {
  const std::int64_t all = std::max<std::int64_t>(span.count(), 0) / 1000;
  const std::int64_t days = all / 86'400;
  const std::int64_t hours = all / 3600 % 24;
  const std::string minutes_on =
      (days > 0 || hours > 0 ? two_digits(all / 60 % 60) : std::to_string(all / 60 % 60)) + ":" +
      two_digits(all % 60);
  if (days > 0) return std::to_string(days) + "d " + two_digits(hours) + ":" + minutes_on;
  return hours > 0 ? std::to_string(hours) + ":" + minutes_on : minutes_on;
}

}  // namespace rt
