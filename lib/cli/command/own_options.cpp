#include "cli/command/own_options.hpp"

#include <algorithm>
#include <array>

namespace rt::cli {
namespace {

// What is spoken inside WebSockets and a version of MQTT share a name.
EndScope scope_of(const Occurrence& option) {
  EndScope scope = option.row->ends;
  if (option.row->name != "protocol") return scope;
  const bool version = option.value == "3.1.1" || option.value == "5";
  const auto of_version =
      static_cast<std::uint16_t>(end_bit(EndKind::mqtt) | end_bit(EndKind::broker));
  const auto kinds = static_cast<std::uint16_t>(version ? scope.sources & of_version
                                                        : scope.sources & ~unsigned{of_version});
  return {kinds, kinds};
}

bool says_what_is_wanted(const OptionRow& row) {
  constexpr std::array<std::string_view, 5> kNames = {"select", "where", "event", "changes",
                                                      "diff"};
  return std::find(kNames.begin(), kNames.end(), row.name) != kNames.end();
}

}  // namespace

bool SharedOut::any_own() const {
  return std::any_of(own.begin(), own.end(), [](const auto& options) { return !options.empty(); });
}

SharedOut share_out(const CommandLine& line, const std::vector<std::string>& from,
                    const std::string& dead_letter) {
  const auto& options = line.options;
  const bool both = std::any_of(options.begin(), options.end(), [](const Occurrence& option) {
    return option.row->name == "both";
  });
  struct End {
    std::optional<EndKind> kind;
    EndWays ways;
  };
  std::vector<End> ends;
  const auto add = [&](const std::string& written, bool source) {
    const auto endpoint = parse_relay_endpoint(written);
    End end{std::nullopt, {source || both, !source || both}};
    if (endpoint) end.kind = kind_of(*endpoint);
    ends.push_back(end);
  };
  for (const std::string& source : from) add(source, true);
  for (std::size_t i = 0; i < line.positionals.size(); ++i)
    add(line.positionals[i], i == 0 && from.empty());
  if (!dead_letter.empty()) {
    add(dead_letter, false);
    ends.back().ways = {.source = false, .sink = true};
  }

  SharedOut out;
  out.own.resize(ends.size());
  std::optional<std::size_t> end;  // that the option stands behind
  std::size_t arguments = 0;       // before it
  std::size_t named = 0;           // by --from, before it
  for (const Occurrence& option : options) {
    if (option.behind > arguments) end = from.size() + option.behind - 1;
    arguments = option.behind;
    const bool own =
        end && ends[*end].kind && takes(scope_of(option), *ends[*end].kind, ends[*end].ways);
    (own ? out.own[*end] : out.common).push_back(option);
    if (option.row->name == "from") end = named++;
    if (option.row->name == "dead-letter") end = ends.size() - 1;
  }
  return out;
}

std::vector<Occurrence> common_of_end(const std::vector<Occurrence>& common,
                                      const std::vector<Occurrence>& own, EndWays ways) {
  std::vector<Occurrence> out;
  std::copy_if(common.begin(), common.end(), std::back_inserter(out),
               [&](const Occurrence& option) {
                 if (!ways.source && says_what_is_wanted(*option.row)) return false;
                 return std::none_of(own.begin(), own.end(), [&](const Occurrence& other) {
                   return other.row == option.row ||
                          (!other.off && !option.off && conflict(*other.row, *option.row));
                 });
               });
  return out;
}

}  // namespace rt::cli
