#include "app/compare/feed_report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>

#include "codec/json_string.hpp"

namespace rt {
namespace {

using Figure = std::optional<double>;

// Three digits, as people read them.
std::string number(Figure value) {
  if (!value) return "-";
  char text[40];
  const bool whole = *value == std::floor(*value);
  const int decimals = whole || *value >= 99.95 ? 0 : *value >= 9.995 ? 1 : 2;
  std::snprintf(text, sizeof text, "%.*f", decimals, *value);
  return text;
}

std::string exact(Figure value) {
  if (!value) return "null";
  char text[40];
  std::snprintf(text, sizeof text, "%.9g", *value);
  return text;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  append_json_escaped(out, text);
  return out + '"';
}

Figure part(std::uint64_t number, std::uint64_t of) {
  if (of == 0) return std::nullopt;
  return 100 * static_cast<double>(number) / static_cast<double>(of);
}

Figure percentile(const Histogram& all, double share) {
  if (all.count() == 0) return std::nullopt;
  return std::chrono::duration<double>(all.percentile(share)).count();
}

Figure milliseconds(Figure seconds) {
  return seconds ? Figure(*seconds * 1000) : std::nullopt;
}

struct Row {
  const char* key;  // in JSON
  const char* label;
  bool in_milliseconds;
  Figure (*of)(const FeedFigures& feed, const FeedsFigures& all);
};

const Row kRows[] = {
    {"messages", "messages", false,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure {
       return static_cast<double>(f.messages);
     }},
    {"rate", "messages a second", false,
     [](const FeedFigures& f, const FeedsFigures& all) -> Figure {
       return static_cast<double>(f.messages) / all.seconds;
     }},
    {"bytes_a_message", "bytes a message", false,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure {
       if (f.messages == 0) return std::nullopt;
       return static_cast<double>(f.bytes) / static_cast<double>(f.messages);
     }},
    {"bytes_a_second", "bytes a second", false,
     [](const FeedFigures& f, const FeedsFigures& all) -> Figure {
       return static_cast<double>(f.bytes) / all.seconds;
     }},
    {"longest_silence_seconds", "longest silence, ms", true,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure { return f.longest_silence; }},
    {"gaps", "gaps", false,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure {
       return static_cast<double>(f.gaps);
     }},
    {"missed", "messages in gaps", false,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure {
       return static_cast<double>(f.missed);
     }},
    {"reconnects", "reconnections", false,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure {
       return static_cast<double>(f.reconnects);
     }},
    {"shared", "also by another feed", false,
     [](const FeedFigures& f, const FeedsFigures&) -> Figure {
       return static_cast<double>(f.lead.shared);
     }},
    {"first_percent", "came first, %", false,
     [](const FeedFigures& f, const FeedsFigures& all) -> Figure {
       return part(f.lead.first, all.shared);
     }},
    {"tied_percent", "within 1 ms of it, %", false,
     [](const FeedFigures& f, const FeedsFigures& all) -> Figure {
       return part(f.lead.tied, all.shared);
     }},
    {"earlier_p50_seconds", "earlier, half by ms", true,
     [](const FeedFigures& f, const FeedsFigures&) { return percentile(f.lead.earlier, 0.5); }},
    {"earlier_p90_seconds", "90 % within ms", true,
     [](const FeedFigures& f, const FeedsFigures&) { return percentile(f.lead.earlier, 0.9); }},
    {"behind_p50_seconds", "later, half within ms", true,
     [](const FeedFigures& f, const FeedsFigures&) { return percentile(f.lead.behind, 0.5); }},
    {"behind_p90_seconds", "90 % within ms", true,
     [](const FeedFigures& f, const FeedsFigures&) { return percentile(f.lead.behind, 0.9); }},
};

std::string counted(std::uint64_t many, const std::string& word) {
  return std::to_string(many) + " " + word + (many == 1 ? "" : "s");
}

// Who is first, and what could not be compared.
std::string words(const FeedsFigures& figures) {
  std::string text;
  const auto& feeds = figures.feeds;
  for (std::size_t i = 0; i < feeds.size(); ++i)
    if (feeds[i].ended)
      text += "Feed " + std::to_string(i + 1) + " ended before its time: " + *feeds[i].ended + "\n";
  if (feeds.size() < 2) return text;
  const auto best = std::max_element(
      feeds.begin(), feeds.end(),
      [](const FeedFigures& a, const FeedFigures& b) { return a.lead.first < b.lead.first; });
  if (figures.shared == 0) {
    text += "No message came by more than one feed (--same-by POINTER: a part of it tells).\n";
  } else if (best->lead.first == 0) {
    text +=
        "None was first by a millisecond with any of " + counted(figures.shared, "message") + ".\n";
  } else {
    text += "Feed " + std::to_string(best - feeds.begin() + 1) + " is the first with " +
            number(part(best->lead.first, figures.shared)) + " % of " +
            counted(figures.shared, "message") + ", half of these at least " +
            number(milliseconds(percentile(best->lead.earlier, 0.5))) + " ms earlier.\n";
  }
  if (figures.repeated > 0)
    text += counted(figures.repeated, "payload") +
            " came by one feed more than once, and cannot be told apart there.\n";
  if (figures.keyless > 0)
    text += counted(figures.keyless, "message") + " had nothing where --same-by points to.\n";
  return text;
}

}  // namespace

std::string feeds_table(const FeedsFigures& figures) {
  std::string out;
  for (std::size_t i = 0; i < figures.feeds.size(); ++i)
    out += std::to_string(i + 1) + "  " + figures.feeds[i].name + "\n";
  out += '\n';
  std::vector<std::vector<std::string>> lines{{""}};
  for (std::size_t i = 0; i < figures.feeds.size(); ++i) lines[0].push_back(std::to_string(i + 1));
  for (const Row& row : kRows) {
    std::vector<std::string> line{row.label};
    bool any = false;
    for (const FeedFigures& feed : figures.feeds) {
      const Figure value = row.of(feed, figures);
      any = any || value;
      line.push_back(number(row.in_milliseconds ? milliseconds(value) : value));
    }
    if (any) lines.push_back(std::move(line));
  }
  for (const auto& line : lines) {
    char text[64];
    std::snprintf(text, sizeof text, "%-22s", line[0].c_str());
    out += text;
    for (std::size_t i = 1; i < line.size(); ++i) {
      std::snprintf(text, sizeof text, " %9s", line[i].c_str());
      out += text;
    }
    out += '\n';
  }
  const std::string said = words(figures);
  return said.empty() ? out : out + "\n" + said;
}

std::string feeds_json(const FeedsFigures& figures) {
  std::string out = "{\"version\":1,\"program\":" + quoted("rtrelay " RT_VERSION);
  out += ",\"seconds\":" + exact(figures.seconds) +
         ",\"shared\":" + std::to_string(figures.shared) +
         ",\"repeated\":" + std::to_string(figures.repeated) +
         ",\"keyless\":" + std::to_string(figures.keyless) + ",\"feeds\":[";
  for (std::size_t i = 0; i < figures.feeds.size(); ++i) {
    const FeedFigures& feed = figures.feeds[i];
    out += (i > 0 ? ",{\"name\":" : "{\"name\":") + quoted(feed.name);
    out += ",\"ended\":" + (feed.ended ? quoted(*feed.ended) : "null");
    for (const Row& row : kRows)
      out += ",\"" + std::string(row.key) + "\":" + exact(row.of(feed, figures));
    out += '}';
  }
  return out + "]}\n";
}

}  // namespace rt
