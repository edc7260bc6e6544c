#include "cli/help/end_options.hpp"

#include "cli/options/table.hpp"

namespace rt::cli {
namespace {

// The options that every kind of a group of ends can have are told once.
struct Kinds {
  std::string_view called;
  std::uint16_t kinds;
};

constexpr std::uint16_t bits(std::initializer_list<EndKind> kinds) {
  std::uint16_t all = 0;
  for (const EndKind kind : kinds) all = static_cast<std::uint16_t>(all | end_bit(kind));
  return all;
}

constexpr Kinds kWhole[] = {
    {"Any end", bits({EndKind::stdio, EndKind::poll, EndKind::sse, EndKind::ws, EndKind::mqtt,
                      EndKind::http, EndKind::exec, EndKind::file, EndKind::hub, EndKind::broker})},
    {"Any end with a URL",
     bits({EndKind::poll, EndKind::sse, EndKind::ws, EndKind::mqtt, EndKind::http})},
    {"http, poll, sse and ws", bits({EndKind::poll, EndKind::sse, EndKind::ws, EndKind::http})},
    {"-, exec: and file:", bits({EndKind::stdio, EndKind::exec, EndKind::file})},
};

bool has_all(std::uint16_t kinds, std::uint16_t all) {
  return (kinds & all) == all;
}

// The first of kWhole that says it; its number, or that of kWhole's end.
std::size_t told_with(std::uint16_t kinds) {
  std::size_t at = 0;
  while (at < std::size(kWhole) && !has_all(kinds, kWhole[at].kinds)) ++at;
  return at;
}

struct Lists {
  std::string both;
  std::string sources;
  std::string sinks;
};

void add(Lists& lists, bool source, bool sink, const OptionRow& row) {
  if (!source && !sink) return;
  std::string& list = source && sink ? lists.both : source ? lists.sources : lists.sinks;
  list += (list.empty() ? "" : ", ") + spelling_of(row);
}

std::string sentence(const Lists& lists) {
  std::string text = lists.both.empty() ? "" : lists.both + ".";
  const auto more = [&](const char* what, const std::string& list) {
    if (!list.empty()) text += (text.empty() ? "" : " ") + std::string(what) + list + ".";
  };
  more("As FROM: ", lists.sources);
  more("As TO: ", lists.sinks);
  return text;
}

}  // namespace

HelpSection end_options_section() {
  HelpSection section{"Options of one end", HelpLayout::stacked, {}};
  section.entries.push_back(
      {"FROM [OPTION...] TO [OPTION...]",
       "An option that stands behind an end, and before the next one, is for that end alone, if "
       "that end can have it. All others are for all: those before the first end, and what an end "
       "cannot have. What is for one end stands before what is for all. Behind -- there are only "
       "ends."});
  for (std::size_t i = 0; i < std::size(kWhole); ++i) {
    Lists lists;
    for (const OptionRow& row : option_table())
      add(lists, told_with(row.ends.sources) == i, told_with(row.ends.sinks) == i, row);
    section.entries.push_back({std::string(kWhole[i].called), sentence(lists)});
  }
  for (std::size_t kind = 0; kind < kEndKindCount; ++kind) {
    const std::uint16_t bit = end_bit(static_cast<EndKind>(kind));
    const auto told_here = [&](std::uint16_t kinds) {
      const std::size_t told = told_with(kinds);
      return (kinds & bit) != 0 && (told == std::size(kWhole) || !has_all(kWhole[told].kinds, bit));
    };
    Lists lists;
    for (const OptionRow& row : option_table())
      add(lists, told_here(row.ends.sources), told_here(row.ends.sinks), row);
    const std::string text = sentence(lists);
    if (!text.empty())
      section.entries.push_back({std::string(name_of(static_cast<EndKind>(kind))), text});
  }
  return section;
}

}  // namespace rt::cli
