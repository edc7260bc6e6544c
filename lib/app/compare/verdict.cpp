#include "app/compare/verdict.hpp"

#include <algorithm>
#include <array>

#include "app/compare/figure_text.hpp"
#include "app/compare/needs.hpp"

namespace rt {
namespace {

using Candidates = std::vector<Candidate>;
using Needs = std::vector<ComparedNeed>;

// What is simplest to build and to run, first.
constexpr std::array<ComparedWay, kComparedWays> kSimplest = {
    ComparedWay::sse,       ComparedWay::ws,          ComparedWay::ws_hub,
    ComparedWay::long_poll, ComparedWay::poll_cursor, ComparedWay::poll,
    ComparedWay::mqtt0,     ComparedWay::mqtt1,       ComparedWay::mqtt2};

double simplicity(const Candidate& candidate, const Needs&) {
  return static_cast<double>(std::find(kSimplest.begin(), kSimplest.end(), candidate.way) -
                             kSimplest.begin());
}

double number_of(Fit fit, ComparedWay way, const Needs& needs) {
  return static_cast<double>(std::count_if(
      needs.begin(), needs.end(), [&](ComparedNeed need) { return fit_of(need, way).fit == fit; }));
}

// What the one that is taken does, and those that were left out do not.
std::string needs_met(const Candidate& taken, const Candidates& out, const Needs& needs, Fit fit) {
  std::vector<std::string_view> words;
  for (const ComparedNeed need : needs) {
    const bool fails = std::any_of(out.begin(), out.end(), [&](const Candidate& one) {
      return fit_of(need, one.way).fit >= fit;
    });
    if (fails && fit_of(need, taken.way).fit < fit) words.push_back(meaning_of(need));
  }
  return listed(words);
}

struct Rule {
  double (*of)(const Candidate&, const Needs&);
  double factor;  // so many times the best one's is as good
  double more;    // or so much more
  std::string (*reason)(const Candidate& taken, const Candidates& out, const Needs&);
};

constexpr double kMillisecond = 1e-3;

const Rule kRules[] = {
    {[](const Candidate& c, const Needs&) { return c.behind ? 1.0 : 0.0; }, 1, 0,
     [](const Candidate&, const Candidates&, const Needs&) {
       return std::string("its figures are good");
     }},
    {[](const Candidate& c, const Needs& needs) { return number_of(Fit::fails, c.way, needs); }, 1,
     0,
     [](const Candidate& c, const Candidates& out, const Needs& needs) {
       return needs_met(c, out, needs, Fit::fails);
     }},
    {[](const Candidate& c, const Needs&) { return c.lost; }, 1, 0.05,
     [](const Candidate& c, const Candidates&, const Needs&) {
       return c.lost == 0 ? std::string("it lost nothing")
                          : "it lost only " + figure_number(c.lost) + " % of the messages";
     }},
    {[](const Candidate& c, const Needs&) { return c.late; }, 1, 0.1,
     [](const Candidate& c, const Candidates&, const Needs&) {
       return c.late == 0 ? std::string("nothing came late")
                          : "only " + figure_number(c.late) + " % of the messages came late";
     }},
    {[](const Candidate& c, const Needs& needs) {
       return number_of(Fit::with_a_price, c.way, needs);
     },
     1, 0,
     [](const Candidate& c, const Candidates& out, const Needs& needs) {
       return needs_met(c, out, needs, Fit::with_a_price);
     }},
    {[](const Candidate& c, const Needs&) { return c.p99; }, 2, 5 * kMillisecond,
     [](const Candidate& c, const Candidates&, const Needs&) {
       return "99 % of its messages came within " + figure_words(c.p99, Unit::milliseconds);
     }},
    {[](const Candidate& c, const Needs&) { return c.bytes; }, 1.25, 0,
     [](const Candidate& c, const Candidates&, const Needs&) {
       return "it takes only " + figure_number(c.bytes) + " bytes a message, heads included";
     }},
    {[](const Candidate& c, const Needs&) { return c.cpu; }, 1.25, 0,
     [](const Candidate& c, const Candidates&, const Needs&) {
       return "its server takes only " + figure_words(c.cpu, Unit::microseconds) +
              " of CPU a message";
     }},
    {simplicity, 1, 0,
     [](const Candidate&, const Candidates&, const Needs&) {
       return std::string("it is simpler to build and to run");
     }},
};

std::string names(const Candidates& all) {
  std::vector<std::string_view> out;
  for (const Candidate& one : all) out.push_back(name_of(one.way));
  return listed(out);
}

// A need that none of the ways meets is told, with the ways that would.
std::vector<std::string> needs_unmet(const Candidates& all, const Needs& needs) {
  std::vector<std::string> out;
  bool each_is_met = true;
  for (const ComparedNeed need : needs) {
    const bool met = std::any_of(all.begin(), all.end(), [&](const Candidate& one) {
      return fit_of(need, one.way).fit != Fit::fails;
    });
    if (met) continue;
    each_is_met = false;
    std::vector<std::string_view> would;
    for (const ComparedWay way : kSimplest)
      if (fit_of(need, way).fit != Fit::fails) would.push_back(name_of(way));
    out.push_back("No way that was measured meets " + std::string(name_of(need)) + "; " +
                  listed(would) + " would.");
  }
  const bool all_by_one = std::any_of(all.begin(), all.end(), [&](const Candidate& one) {
    return number_of(Fit::fails, one.way, needs) == 0;
  });
  if (each_is_met && !all_by_one)
    out.push_back("No way that was measured meets all that you need.");
  return out;
}

// What the one that is taken does about the needs that it does not simply meet.
std::vector<std::string> prices(const Candidate& taken, const Needs& needs) {
  std::vector<std::string> out;
  for (const ComparedNeed need : needs) {
    const NeedFit fit = fit_of(need, taken.way);
    if (fit.fit != Fit::meets)
      out.push_back((fit.fit == Fit::fails ? "It does not meet " : "About ") +
                    std::string(name_of(need)) + ": " + std::string(fit.words) + ".");
  }
  return out;
}

// What another one is better at, that loses as little and meets as many needs.
std::vector<std::string> other_wishes(const Candidate& taken, const Candidates& all,
                                      const Needs& needs) {
  struct Wish {
    double (*of)(const Candidate&);
    std::string_view words;
    Unit unit;
    std::string_view unit_words;
  };
  const Wish kWishes[] = {{[](const Candidate& c) { return c.bytes; }, "the fewest bytes",
                           Unit::bytes, "bytes a message"},
                          {[](const Candidate& c) { return c.cpu; }, "the least CPU",
                           Unit::microseconds, "us of the server's CPU"}};
  std::vector<std::string> out;
  const double fails = number_of(Fit::fails, taken.way, needs);
  for (const Wish& wish : kWishes) {
    const Candidate* best = &taken;
    for (const Candidate& other : all)
      if (!other.behind && other.lost <= taken.lost && wish.of(other) > 0 &&
          number_of(Fit::fails, other.way, needs) <= fails && wish.of(other) < wish.of(*best))
        best = &other;
    if (wish.of(*best) >= 0.9 * wish.of(taken)) continue;
    out.push_back("For " + std::string(wish.words) + " take " + std::string(title_of(best->way)) +
                  ": " + figure_number(wish.of(*best), wish.unit) + " in place of " +
                  figure_number(wish.of(taken), wish.unit) + " " + std::string(wish.unit_words) +
                  ".");
  }
  return out;
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

std::vector<Candidate> candidates_of(const std::vector<WayFigures>& ways) {
  std::vector<Candidate> out;
  for (const WayFigures& way : ways)
    if (const auto candidate = candidate_of(way)) out.push_back(*candidate);
  return out;
}

std::string Verdict::text() const {
  std::string out;
  if (taken) {
    out = "Take " + std::string(title_of(*taken));
    for (std::size_t i = 0; i < reasons.size(); ++i) out += (i == 0 ? ": " : "; ") + reasons[i];
    out += ".";
  }
  for (const std::string& note : notes) out += (out.empty() ? "" : " ") + note;
  return out;
}

Verdict verdict(const std::vector<Candidate>& candidates, const std::vector<ComparedNeed>& needs) {
  Verdict out;
  if (candidates.empty()) return out;
  out.notes = needs_unmet(candidates, needs);
  if (candidates.size() < 2) return out;
  Candidates left = candidates;
  std::vector<std::pair<Candidates, const Rule*>> steps;
  for (const Rule& rule : kRules) {
    double best = rule.of(left.front(), needs);
    for (const Candidate& one : left) best = std::min(best, rule.of(one, needs));
    const double bound = std::max(best * rule.factor, best + rule.more);
    const auto worse = std::stable_partition(left.begin(), left.end(), [&](const Candidate& one) {
      return rule.of(one, needs) <= bound;
    });
    const Candidates worse_ones(worse, left.end());
    if (worse_ones.empty()) continue;
    left.erase(worse, left.end());
    steps.emplace_back(worse_ones, &rule);
  }
  const Candidate& taken = left.front();
  if (taken.behind) {
    out.notes.push_back(
        "This machine was too busy for every way: no figure is good. Ask for less (--rate, "
        "--readers), or for more time (--for).");
    return out;
  }
  out.taken = taken.way;
  for (const auto& [others, rule] : steps)
    out.reasons.push_back("unlike " + names(others) + ", " + rule->reason(taken, others, needs));
  for (std::string& price : prices(taken, needs)) out.notes.push_back(std::move(price));
  for (std::string& wish : other_wishes(taken, candidates, needs))
    out.notes.push_back(std::move(wish));
  return out;
}

}  // namespace rt
