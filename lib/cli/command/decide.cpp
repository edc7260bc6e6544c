#include "cli/command/decide.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "cli/options/wording.hpp"

namespace rt::cli {
namespace {

std::vector<const OptionRow*> rows_of(const std::vector<Occurrence>& given) {
  std::vector<const OptionRow*> rows;
  for (const Occurrence& option : given) rows.push_back(option.row);
  return rows;
}

class Decider {
 public:
  Decider(const Surroundings& around, const ConfigEndpoint* endpoint,
          const std::vector<Occurrence>& given, const std::string& see_help)
      : around_(around), endpoint_(endpoint), given_(given), see_help_(see_help) {}

  Result<Decision> run() {
    out_.options.verb = around_.verb;
    const auto rows = rows_of(given_);
    auto inherited = inherit(around_, endpoint_, rows);
    if (!inherited) return inherited.error();
    out_.inherited = std::move(*inherited);
    if (auto done = apply_inherited(); !done) return done.error();
    if (auto done = apply_given(); !done) return done.error();
    take_password(rows);
    return std::move(out_);
  }

 private:
  Result<void> apply_inherited();
  Result<void> apply_given();
  void take_password(const std::vector<const OptionRow*>& rows);

  // What is wrong with the value, or empty.
  Problem apply(const OptionRow& row, const std::string& value) {
    if (!takes_endpoint(row)) return row.binding.apply(out_.options, value);
    const auto address = resolve_address(around_.config, around_.profile, value);
    if (!address) return address.error().text();
    if (row.name == "from") out_.from.push_back(address->endpoint);
    return row.binding.apply(out_.options, address->url);
  }

  bool given(std::string_view name) const {
    return std::any_of(given_.begin(), given_.end(),
                       [&](const Occurrence& option) { return option.row->name == name; });
  }

  const Surroundings& around_;
  const ConfigEndpoint* endpoint_;
  const std::vector<Occurrence>& given_;
  const std::string& see_help_;
  Decision out_;
};

Result<void> Decider::apply_inherited() {
  for (const Inherited& inherited : out_.inherited) {
    const std::string variable = variable_of(*inherited.row);
    const bool from_file = variable.empty() || inherited.origin != variable;
    out_.options.origins.emplace_back(inherited.row->name,
                                      from_file ? inherited.shown + " " : variable + "=");
    for (const std::string& value : inherited.values) {
      const Problem problem = apply(*inherited.row, value);
      if (problem.empty()) continue;
      return Error(Fault::usage,
                   inherited.shown + ": " + problem + nearest_choice(*inherited.row, value));
    }
  }
  return {};
}

Result<void> Decider::apply_given() {
  for (const Occurrence& option : given_) {
    const OptionRow& row = *option.row;
    const bool empty_optional = row.arity == Arity::optional_value && option.value == "";
    const Problem problem = empty_optional ? "needs a value behind the equals sign"
                                           : apply(row, option.value.value_or(""));
    if (problem.empty()) continue;
    std::string shown = spelling_of(row);
    if (option.value && row.secret == Secret::no) {
      shown += takes_value(row) ? " " : "=";
      shown += option.value->empty() ? "''" : printable(*option.value);
    }
    return Error(Fault::usage, shown + ": " + problem +
                                   nearest_choice(row, option.value.value_or("")) + see_help_);
  }
  return {};
}

// A password file of the command line goes before a variable, and a variable before one of the
// file.
void Decider::take_password(const std::vector<const OptionRow*>& rows) {
  Options& options = out_.options;
  const bool other_way = options.password || given("password-file") || !options.bearer.empty() ||
                         !options.bearer_file.empty();
  const bool connects = around_.verb != Verb::serve || !options.bus.empty();
  if (!connects || other_way) return;
  options.password = read_variable(around_.environment, "RT_PASSWORD");
  if (options.password) {
    out_.password_origin = "RT_PASSWORD";
    return;
  }
  const bool file_of_variable =
      read_variable(around_.environment, variable_of(*find_option("password-file"))).has_value();
  if (endpoint_ == nullptr || !endpoint_->password || file_of_variable) return;
  if (other_user(around_, *endpoint_, rows)) return;
  options.password = endpoint_->password;
  out_.password_origin = origin_of(around_.config, endpoint_->table, endpoint_->place);
}

}  // namespace

Result<Decision> decide(const Surroundings& around, const ConfigEndpoint* endpoint,
                        const std::vector<Occurrence>& given, const std::string& see_help) {
  return Decider(around, endpoint, given, see_help).run();
}

}  // namespace rt::cli
