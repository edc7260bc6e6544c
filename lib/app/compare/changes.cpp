#include "app/compare/changes.hpp"

#include "app/compare/figure_text.hpp"

namespace rt {

std::string change_words(const Change& change) {
  for (const FigureRow& row : figure_rows()) {
    if (row.figure != change.figure) continue;
    std::string out =
        std::string(row.label) + ": " + figure_number(change.before.median, row.unit) + " -> " +
        figure_number(change.now.median, row.unit) + ", " + (change.better() ? "better" : "worse");
    const std::string percent = change_percent(change);
    return percent.empty() ? out : out + " by " + percent;
  }
  return {};
}

std::string change_percent(const Change& change) {
  if (!(change.before.median > 0)) return {};
  const double part = (change.now.median - change.before.median) / change.before.median;
  return figure_number(100 * (part < 0 ? -part : part)) + " %";
}

std::string changes_text(const Changes& changes) {
  std::string out = "Since " + changes.time + " (" + changes.program + "):";
  if (changes.all.empty()) out += " nothing has changed beyond the spread of the rounds.";
  out += "\n";
  for (const Change& change : changes.all)
    out += "  " + std::string(name_of(change.way)) + ": " + change_words(change) + "\n";
  if (!changes.left_out.empty()) {
    out += "Not compared: ";
    for (std::size_t i = 0; i < changes.left_out.size(); ++i)
      out += (i == 0 ? "" : ", ") + changes.left_out[i];
    out += ".\n";
  }
  if (!changes.other_processor.empty())
    out += "It was measured on another processor, so CPU and latency say little: " +
           changes.other_processor + ".\n";
  return out;
}

}  // namespace rt
