#include "app/compare/verdict.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace rt {
namespace {

// What is simplest to build and to run, first.
constexpr std::array<ComparedWay, kComparedWays> kSimplest = {
    ComparedWay::sse,       ComparedWay::ws,          ComparedWay::ws_hub,
    ComparedWay::long_poll, ComparedWay::poll_cursor, ComparedWay::poll,
    ComparedWay::mqtt0,     ComparedWay::mqtt1,       ComparedWay::mqtt2};

double simplicity(const Candidate& candidate) {
  return static_cast<double>(std::find(kSimplest.begin(), kSimplest.end(), candidate.way) -
                             kSimplest.begin());
}

// Three digits, as people read them.
std::string number(double value) {
  char text[32];
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

struct Rule {
  double (*of)(const Candidate&);
  double factor;  // so many times the best one's is as good
  double more;    // or so much more
  std::string (*reason)(const Candidate&);
};

constexpr double kMillisecond = 1e-3;

const Rule kRules[] = {
    {[](const Candidate& c) { return c.behind ? 1.0 : 0.0; }, 1, 0,
     [](const Candidate&) { return std::string("its figures are good"); }},
    {[](const Candidate& c) { return c.lost; }, 1, 0.05,
     [](const Candidate& c) {
       return c.lost == 0 ? std::string("it lost nothing")
                          : "it lost only " + number(c.lost) + " % of the messages";
     }},
    {[](const Candidate& c) { return c.late; }, 1, 0.1,
     [](const Candidate& c) {
       return c.late == 0 ? std::string("nothing came late")
                          : "only " + number(c.late) + " % of the messages came late";
     }},
    {[](const Candidate& c) { return c.p99; }, 2, 5 * kMillisecond,
     [](const Candidate& c) {
       return "99 % of its messages came within " + number(c.p99 * 1e3) + " ms";
     }},
    {[](const Candidate& c) { return c.bytes; }, 1.25, 0,
     [](const Candidate& c) {
       return "it takes only " + number(c.bytes) + " bytes a message, heads included";
     }},
    {[](const Candidate& c) { return c.cpu; }, 1.25, 0,
     [](const Candidate& c) {
       return "its server takes only " + number(c.cpu * 1e6) + " us of CPU a message";
     }},
    {simplicity, 1, 0,
     [](const Candidate&) { return std::string("it is simpler to build and to run"); }},
};

std::string names(const std::vector<Candidate>& all) {
  std::string text;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0) text += i + 1 == all.size() ? " and " : ", ";
    text += name_of(all[i].way);
  }
  return text;
}

// What another one is better at, that loses as little.
std::string other_wishes(const Candidate& taken, const std::vector<Candidate>& all) {
  struct Wish {
    double (*of)(const Candidate&);
    std::string_view words;
    double unit;
    std::string_view unit_words;
  };
  const Wish kWishes[] = {
      {[](const Candidate& c) { return c.bytes; }, "the fewest bytes", 1, "bytes a message"},
      {[](const Candidate& c) { return c.cpu; }, "the least CPU", 1e6, "us of the server's CPU"}};
  std::string text;
  for (const Wish& wish : kWishes) {
    const Candidate* best = &taken;
    for (const Candidate& other : all)
      if (!other.behind && other.lost <= taken.lost && wish.of(other) > 0 &&
          wish.of(other) < wish.of(*best))
        best = &other;
    if (wish.of(*best) >= 0.9 * wish.of(taken)) continue;
    text += " For " + std::string(wish.words) + " take " + std::string(title_of(best->way)) + ": " +
            number(wish.of(*best) * wish.unit) + " in place of " +
            number(wish.of(taken) * wish.unit) + " " + std::string(wish.unit_words) + ".";
  }
  return text;
}

}  // namespace

std::optional<Candidate> candidate_of(const WayFigures& way) {
  const auto median = [&](Figure figure) {
    const auto spread = way.spread(figure);
    return spread ? spread->median : 0;
  };
  if (!way.spread(Figure::p99)) return std::nullopt;
  return Candidate{.way = way.way,
                   .lost = median(Figure::lost),
                   .late = median(Figure::late),
                   .p99 = median(Figure::p99),
                   .bytes = median(Figure::down_bytes) + median(Figure::up_bytes),
                   .cpu = median(Figure::cpu),
                   .behind = way.behind()};
}

std::string verdict(const std::vector<Candidate>& candidates) {
  if (candidates.size() < 2) return {};
  std::vector<Candidate> left = candidates;
  std::vector<std::pair<std::string, const Rule*>> reasons;
  for (const Rule& rule : kRules) {
    double best = rule.of(left.front());
    for (const Candidate& one : left) best = std::min(best, rule.of(one));
    const double bound = std::max(best * rule.factor, best + rule.more);
    const auto worse = std::stable_partition(
        left.begin(), left.end(), [&](const Candidate& one) { return rule.of(one) <= bound; });
    const std::vector<Candidate> out(worse, left.end());
    if (out.empty()) continue;
    left.erase(worse, left.end());
    reasons.emplace_back(names(out), &rule);
  }
  const Candidate& taken = left.front();
  if (taken.behind)
    return "This machine was too busy for every way: no figure is good. Ask for less (--rate, "
           "--readers), or for more time (--for).";
  std::string text = "Take " + std::string(title_of(taken.way)) + ":";
  bool first = true;
  for (const auto& [others, rule] : reasons) {
    text += (first ? " unlike " : "; unlike ") + others + " " + rule->reason(taken);
    first = false;
  }
  return text + "." + other_wishes(taken, candidates);
}

}  // namespace rt
