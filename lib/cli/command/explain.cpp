#include "cli/command/explain.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "model/endpoint.hpp"
#include "model/proxy_url.hpp"
#include "model/relay_endpoint.hpp"

namespace rt::cli {
namespace {

constexpr std::size_t kWidestValue = 40;  // a longer one moves what stands behind it

// In quotes when it is empty or has spaces.
std::string word(const std::string& value) {
  const std::string text = printable(value, 1024);
  const bool plain = !text.empty() && text.find_first_of(" \"") == std::string::npos;
  return plain ? text : "\"" + text + "\"";
}

std::string shown_address(const std::string& address) {
  if (is_named(address)) return printable(address, 1024);
  if (const auto end = parse_relay_endpoint(address)) return end->display();
  const auto any = parse_any_endpoint(address, Transport::poll);
  return any ? any->display() : "***";
}

// What of it is no secret.
std::string open_part(const OptionRow& row, const std::string& value) {
  if (row.name == "property") {
    const std::string name = value.substr(0, value.find('='));
    return word(names_secret_field(name) ? name + "=***" : value);
  }
  if (row.secret == Secret::no) return word(value);
  if (takes_endpoint(row)) return shown_address(value);
  if (row.name == "proxy") return word(shown_proxy(value));
  const std::size_t colon = value.find(':');
  if (row.name == "header") return word(value.substr(0, colon) + ": ***");
  if (row.name != "user") return "***";
  return word(value.substr(0, colon)) + (colon == std::string::npos ? "" : ":***");
}

std::string shown_value(const OptionRow& row, const std::vector<std::string>& values) {
  if (row.arity == Arity::flag) return values.empty() ? "false" : "true";
  if (row.arity == Arity::counted) return std::to_string(values.size());
  if (values.empty()) return "none";
  if (row.arity == Arity::optional_value && values.back().empty()) return "true";
  if (row.arity != Arity::list) return open_part(row, values.back());
  std::string text;
  for (const std::string& value : values) text += (text.empty() ? "" : " ") + open_part(row, value);
  return text;
}

std::string shown_default(const OptionRow& row, Program program) {
  if (row.arity == Arity::flag) return "false";
  if (row.arity == Arity::counted) return "0";
  return default_of(row, program);
}

class Explainer {
 public:
  explicit Explainer(const ExplainedRun& run) : run_(run) {
    add("OPTION", "VALUE", "VARIABLE", "FROM");
  }

  std::string text() {
    addresses();
    for (const OptionRow& row : option_table()) {
      const bool asks = row.binding.apply == nullptr || row.name == "explain";
      if (asks || !applies(row, run_.program, run_.options.verb)) continue;
      option(row);
      if (row.name == "password-file") password(run_.decision, "password", "default");
    }
    for (std::size_t i = 0; i < run_.ends.size(); ++i) end(i);
    return table();
  }

 private:
  void add(std::string name, std::string value, std::string variable, std::string from) {
    if (value.empty()) value = "-";
    if (variable.empty()) variable = "-";
    lines_.push_back({std::move(name), std::move(value), std::move(variable), std::move(from)});
  }

  void address(const std::string& name, const std::string& url, const ConfigEndpoint* endpoint) {
    add(name, shown_address(url), {},
        endpoint == nullptr ? "command line"
                            : origin_of(run_.config, endpoint->table, endpoint->place));
  }

  void addresses() {
    const Options& options = run_.options;
    const auto named = [&](std::size_t i) {
      return i < run_.positional.size() ? run_.positional[i] : nullptr;
    };
    if (!options.url.empty()) address("URL", options.url, named(0));
    if (!options.listen.empty()) add("ADDRESS", printable(options.listen, 256), {}, "command line");
    for (std::size_t i = 0; i < options.endpoints.size(); ++i)
      address(i == 0 && options.from.empty() ? "FROM" : "TO", options.endpoints[i], named(i));
  }

  void option(const OptionRow& row) {
    std::string value = shown_default(row, run_.program);
    std::string from = "default";
    if (row.name == "config") value = run_.config.file.empty() ? "none" : run_.config.file;
    for (const Inherited& inherited : run_.decision.inherited) {
      if (inherited.row != &row) continue;
      value = shown_value(row, inherited.values);
      from = inherited.origin;
    }
    std::vector<std::string> values;
    for (const Occurrence& occurrence : run_.given) {
      if (occurrence.row == &row) values.push_back(occurrence.value.value_or(""));
    }
    if (!values.empty()) {
      value = shown_value(row, values);
      from = "command line";
    }
    add(spelling_of(row), std::move(value), variable_of(row), std::move(from));
  }

  void password(const Decision& decision, const std::string& name, const std::string& otherwise) {
    const bool known = decision.options.password.has_value();
    add(name, known ? "***" : "", "RT_PASSWORD",
        !known                             ? otherwise
        : decision.password_origin.empty() ? "with --user"
                                           : decision.password_origin);
  }

  std::string end_name(std::size_t index, const ConfigEndpoint* endpoint) const {
    if (endpoint != nullptr) return "@" + endpoint->name + " ";
    const auto& from = run_.options.from;
    const auto& rest = run_.options.endpoints;
    if (index < from.size()) return shown_address(from[index]) + " ";
    return index - from.size() < rest.size() ? shown_address(rest[index - from.size()]) + " "
                                             : shown_address(run_.options.dead_letter) + " ";
  }

  using OwnValues = std::vector<std::pair<const OptionRow*, std::vector<std::string>>>;
  static OwnValues own_values(const Decision& decision) {
    OwnValues all;
    for (const Occurrence& option : decision.own) {
      const auto same = [&](const auto& one) { return one.first == option.row; };
      auto found = std::find_if(all.begin(), all.end(), same);
      if (found == all.end()) found = all.insert(all.end(), {option.row, {}});
      found->second.push_back(option.value.value_or(""));
    }
    return all;
  }

  // What one end of a relay alone is reached with.
  void end(std::size_t index) {
    const auto& from = run_.decision.from;
    const ConfigEndpoint* endpoint = index < from.size() ? from[index]
                                     : index - from.size() < run_.positional.size()
                                         ? run_.positional[index - from.size()]
                                         : run_.decision.dead_letter;
    const Decision& decision = run_.ends[index];
    for (const auto& [row, values] : own_values(decision))
      add(end_name(index, endpoint) + spelling_of(*row), shown_value(*row, values),
          variable_of(*row), "command line");
    if (endpoint == nullptr) return;
    const std::string name = end_name(index, endpoint);
    const std::string table = " [" + endpoint->table + "]";
    for (const Inherited& inherited : decision.inherited) {
      if (!inherited.origin.ends_with(table)) continue;
      add(name + spelling_of(*inherited.row), shown_value(*inherited.row, inherited.values),
          variable_of(*inherited.row), inherited.origin);
    }
    if (decision.password_origin.ends_with(table)) password(decision, name + "password", {});
  }

  std::string table() const {
    std::array<std::size_t, 3> widths{};
    for (const auto& cells : lines_) {
      for (std::size_t i = 0; i < widths.size(); ++i) {
        const bool wide = i == 1 && cells[i].size() > kWidestValue;
        if (!wide) widths[i] = std::max(widths[i], cells[i].size());
      }
    }
    std::string out;
    for (const auto& cells : lines_) {
      for (std::size_t i = 0; i < widths.size(); ++i) {
        out += cells[i] + "  ";
        if (cells[i].size() < widths[i]) out.append(widths[i] - cells[i].size(), ' ');
      }
      out += cells.back() + "\n";
    }
    return out;
  }

  const ExplainedRun& run_;
  std::vector<std::array<std::string, 4>> lines_;
};

}  // namespace

std::string explain_run(const ExplainedRun& run) {
  return Explainer(run).text();
}

}  // namespace rt::cli
