#include "cli/config/routes_file.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "cli/config/values.hpp"
#include "cli/options/wording.hpp"
#include "model/relay_endpoint.hpp"

namespace rt::cli {
namespace {

using Kind = ConfigNode::Kind;

// What is of the whole run, and what ends the program, is no route's.
bool is_of_routes(const OptionRow& row) {
  return applies(row, Program::rtrelay, Verb::relay) && row.from_file && row.name != "from" &&
         row.name != "record" && !applies(row, Program::rtrelay, Verb::run);
}

bool fits(const OptionRow& row, bool of_end) {
  const bool allowed_twice = row.name == "allow-host";  // of a hub, and of the run's own pages
  return (is_of_routes(row) || allowed_twice) && (!of_end || is_of_ends(row.ends));
}

class Reader {
 public:
  Reader(std::string file, std::string_view home, std::vector<Error>& faults)
      : home_(home), faults_(faults) {
    out_.file = std::move(file);
  }

  RoutesFile read(std::string_view text) {
    const auto root = read_toml(text);
    if (!root) {
      faults_.emplace_back(Fault::usage, out_.file + ":" + root.error().text());
      return std::move(out_);
    }
    for (const ConfigNode& node : root->children) section(node);
    if (out_.routes.empty() && faults_.empty())
      faults_.emplace_back(Fault::usage, out_.file +
                                             ": no route: write [routes.NAME] with from "
                                             "and to");
    return std::move(out_);
  }

 private:
  void fault(ConfigPlace place, const std::string& text) {
    faults_.emplace_back(Fault::usage, out_.file + ":" + std::to_string(place.line) + ":" +
                                           std::to_string(place.column) + ": " + text);
  }
  void fault_in(const std::string& table, ConfigPlace place, const std::string& text) {
    faulty_ = true;
    fault(place, "[" + printable(table) + "] " + text);
  }

  void section(const ConfigNode& node) {
    const bool known = node.key == "routes" || node.key == "defaults";
    const std::string shown = "[" + printable(node.key) + "]";
    if (!known)
      return fault(node.place, "unknown table " + shown +
                                   ": use [routes.NAME] and [defaults]; endpoints have names in "
                                   "the configuration file");
    if (node.kind != Kind::table) return fault(node.place, "must be a table: " + shown);
    if (node.key == "defaults") {
      for (const ConfigNode& child : node.children) setting(child, node.key, false, out_.defaults);
      return;
    }
    for (const ConfigNode& child : node.children) route(child);
  }

  void route(const ConfigNode& node) {
    const std::string table = "routes." + node.key;
    if (node.kind != Kind::table)
      return fault(node.place, "a route is a table: write [" + printable(table) + "]");
    FileRoute route;
    route.name = node.key;
    route.place = node.place;
    faulty_ = false;
    both_ = std::any_of(node.children.begin(), node.children.end(), [](const ConfigNode& child) {
      return child.key == "both" && child.text == "true";
    });
    if (!is_name(node.key))
      fault(node.place, "\"" + printable(node.key) +
                            "\" cannot be a route's name: use letters, digits, . _ and -");
    bool from = false;
    bool to = false;
    for (const ConfigNode& child : node.children) {
      if (child.key == "from" || child.key == "to") {
        (child.key == "from" ? from : to) = true;
        ends(child, table, child.key == "from" ? route.from : route.to);
      } else if (child.key == "restart") {
        restart(child, table, route);
      } else {
        setting(child, table, false, route.settings);
      }
    }
    if (!from) fault_in(table, node.place, "from is missing: from = \"mqtt://HOST/TOPIC\"");
    if (!to) fault_in(table, node.place, "to is missing: to = \"https://HOST/PATH\"");
    route.faulty = faulty_;
    out_.routes.push_back(std::move(route));
  }

  void restart(const ConfigNode& node, const std::string& table, FileRoute& route) {
    if (node.kind == Kind::text && node.text == "on-failure")
      route.restart = Restart::on_failure;
    else if (node.kind == Kind::text && node.text == "always")
      route.restart = Restart::always;
    else if (node.kind == Kind::text && node.text == "never")
      route.restart = Restart::never;
    else
      fault_in(table, node.place, "restart must be \"on-failure\", \"always\" or \"never\"");
  }

  // "URL", { url = "URL", OPTION = ... }, or a list of these.
  void ends(const ConfigNode& node, const std::string& table, std::vector<FileEnd>& out) {
    if (node.kind != Kind::array) return end(node, node.key, table, node.key == "from", out);
    if (node.children.empty()) fault_in(table, node.place, node.key + " is empty");
    for (const ConfigNode& child : node.children)
      end(child, node.key, table, node.key == "from", out);
  }

  void end(const ConfigNode& node, const std::string& key, const std::string& table, bool source,
           std::vector<FileEnd>& out) {
    FileEnd end;
    end.place = node.place;
    if (node.kind == Kind::text) {
      end.address = node.text;
    } else if (node.kind == Kind::table) {
      for (const ConfigNode& child : node.children) {
        if (child.key != "url") {
          setting(child, table, true, end.settings);
        } else if (child.kind == Kind::text) {
          end.place = child.place;
          end.address = child.text;
        } else {
          fault_in(table, child.place, "url must be a text");
        }
      }
      if (end.address.empty()) return fault_in(table, node.place, key + ": url is missing");
    } else {
      return fault_in(table, node.place,
                      key + " must be a URL, a table with a url, or a list of these");
    }
    judge(end, key, table, source);
    out.push_back(std::move(end));
  }

  void judge(const FileEnd& end, const std::string& key, const std::string& table, bool source) {
    if (is_named(end.address)) return;
    const auto endpoint = parse_relay_endpoint(end.address);
    if (!endpoint) return fault_in(table, end.place, key + ": " + endpoint.error().text());
    if (endpoint->is_remote() && endpoint->remote.has_password) note_secret(end.place);
    if (endpoint->kind == RelayEndpoint::Kind::stdio && source)
      return fault_in(table, end.place,
                      "from: stdin is no source of a route: it ends once and "
                      "for all");
    const EndWays ways{source || both_, !source || both_};
    for (const ConfigSetting& setting : end.settings)
      if (!takes(setting.row->ends, kind_of(*endpoint), ways))
        fault_in(table, setting.place,
                 std::string(setting.row->name) + " is no option of " +
                     std::string(name_of(kind_of(*endpoint))) + " as " + key);
    if (!source && !both_) return;
    if (const auto readable = check_source(*endpoint); !readable)
      fault_in(table, end.place, key + ": " + readable.error().text());
  }

  void setting(const ConfigNode& node, const std::string& table, bool of_end, ConfigTable& out) {
    const OptionRow* row = find_option(node.key);
    if (row == nullptr || !applies(*row, Program::rtrelay)) return unknown(node, table, of_end);
    if (!fits(*row, of_end)) return misplaced(node, *row, table, of_end);
    ConfigPlace place = node.place;
    auto values = read_values(node, *row, home_, place);
    if (!values) return fault_in(table, place, values.error().text());
    for (const ConfigSetting& other : out) {
      if (other.row == row)
        return fault_in(table, node.place, printable(node.key) + " is said twice");
      if (values->empty() || other.values.empty() || !conflict(*other.row, *row)) continue;
      return fault_in(table, node.place,
                      std::string(other.row->name) + " and " + std::string(row->name) +
                          " exclude each other: leave one out");
    }
    if (has_credentials(*row, *values)) note_secret(node.place);
    out.push_back({row, std::move(*values), table, node.place});
  }

  void unknown(const ConfigNode& node, const std::string& table, bool of_end) {
    const std::string shown = "unknown key " + printable(node.key);
    if (node.key == "password")
      return fault_in(table, node.place,
                      shown +
                          ": passwords belong to endpoints of the configuration file, to "
                          "password-file or to RT_PASSWORD");
    std::vector<std::string_view> names;
    for (const OptionRow& row : option_table())
      if (!row.name.empty() && fits(row, of_end)) names.push_back(row.name);
    if (!of_end) names.insert(names.end(), {"from", "to", "restart"});
    if (of_end) names.emplace_back("url");
    if (const auto meant = suggestion(ascii_lower(node.key), names))
      return fault_in(table, node.place, shown + ": did you mean " + std::string(*meant) + "?");
    fault_in(table, node.place, shown + ": keys are the long names of options, without dashes");
  }

  void misplaced(const ConfigNode& node, const OptionRow& row, const std::string& table,
                 bool of_end) {
    const std::string name(row.name);
    if (of_end && is_of_routes(row))
      return fault_in(table, node.place, name + " is no option of one end: put it below the route");
    if (applies(row, Program::rtrelay, Verb::run))
      return fault_in(table, node.place, name + " is of the whole run: rtrelay run --" + name);
    fault_in(table, node.place, owners_of(row, Program::rtrelay) + ", not of a route");
  }

  static bool is_name(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
      const char lower = ascii_lower(c);
      return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
             c == '.';
    });
  }

  void note_secret(ConfigPlace place) {
    if (!out_.secret) out_.secret = place;
  }

  RoutesFile out_;
  bool faulty_ = false;  // the route that is being read
  bool both_ = false;    // likewise
  std::string_view home_;
  std::vector<Error>& faults_;
};

}  // namespace

RoutesFile read_routes(std::string_view text, std::string file, std::string_view home,
                       std::vector<Error>& faults) {
  return Reader(std::move(file), home, faults).read(text);
}

}  // namespace rt::cli
