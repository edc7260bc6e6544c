#include "cli/command/decide.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.hpp"
#include "cli/options/credential.hpp"
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
    take_key_password();
    take_psk();
    if (given("password-file")) all_is_user();
    return std::move(out_);
  }

 private:
  Result<void> apply_inherited();
  Result<void> apply_given();
  void take_password(const std::vector<const OptionRow*>& rows);
  void take_key_password();
  void take_psk();
  void all_is_user();

  // What is wrong with the value, or empty.
  Problem apply(const OptionRow& row, const std::string& value) {
    if (!takes_endpoint(row)) return row.binding.apply(out_.options, value);
    const auto address = resolve_address(around_.config, around_.profile, value);
    if (!address) return address.error().text();
    if (row.name == "from") out_.from.push_back(address->endpoint);
    if (row.name == "dead-letter") out_.dead_letter = address->endpoint;
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
    if (inherited.of_endpoint) out_.options.of_endpoint.emplace_back(inherited.row->name);
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
    if (option.off) continue;
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
    options.password_from = PasswordFrom::variable;
    out_.password_origin = "RT_PASSWORD";
    return;
  }
  const bool file_of_variable =
      read_variable(around_.environment, variable_of(*find_option("password-file"))).has_value();
  if (endpoint_ == nullptr || !endpoint_->password || file_of_variable) return;
  if (other_user(around_, *endpoint_, rows)) return;
  options.password = endpoint_->password;
  options.password_from = PasswordFrom::endpoint;
  out_.password_origin = origin_of(around_.config, endpoint_->table, endpoint_->place);
}

void Decider::take_key_password() {
  if (given("key-password-file")) return;
  const auto password = read_variable(around_.environment, "RT_KEY_PASSWORD");
  if (password) out_.options.tls.key_password = *password;
}

// What is wrong with it is told where a file's key is looked at, too.
void Decider::take_psk() {
  if (given("psk-file")) return;
  const auto key = read_variable(around_.environment, "RT_PSK");
  if (key) out_.options.tls.psk = *key;
}

// Where the password comes from elsewhere, a colon is part of the name.
void Decider::all_is_user() {
  Options& options = out_.options;
  if (!options.password || options.password_from != PasswordFrom::user) return;
  options.user += ":" + *options.password;
  options.password.reset();
  options.password_from = PasswordFrom::file;
}

// What one end of a relay has of its own, in its table or behind it on the command line, stands
// before what all could have: that is how one says whose a secret is.
class OwnCredentials {
 public:
  // No endpoint: it is none of the configuration file.
  OwnCredentials(const ConfigEndpoint* endpoint, const std::vector<Occurrence>& given)
      : endpoint_(endpoint), given_(given) {}

  bool replace(const OptionRow& row) const {
    const CredentialRow* credential = credential_of(row.name);
    if (credential == nullptr) return false;
    const bool said = std::any_of(given_.begin(), given_.end(), [&](const Occurrence& option) {
      return credential_of(option.row->name) == credential;
    });
    if (said) return true;
    if (endpoint_ == nullptr) return false;
    const bool of_user =
        credential->credential == Credential::user || credential->credential == Credential::bearer;
    if (of_user && names_user(*endpoint_)) return true;
    if (credential->credential == Credential::password && replace_password()) return true;
    return std::any_of(endpoint_->settings.begin(), endpoint_->settings.end(),
                       [&](const ConfigSetting& setting) {
                         return credential_of(setting.row->name) == credential ||
                                (!setting.values.empty() && conflict(*setting.row, row));
                       });
  }

  // Whether RT_PASSWORD is for others.
  bool replace_password() const {
    const bool said = std::any_of(given_.begin(), given_.end(), [](const Occurrence& option) {
      return option.row->name == "password-file";
    });
    if (said || endpoint_ == nullptr) return said;
    return endpoint_->password ||
           std::any_of(endpoint_->settings.begin(), endpoint_->settings.end(),
                       [](const ConfigSetting& setting) {
                         return setting.row->name == "password-file" && !setting.values.empty();
                       });
  }

  bool replace_variable(std::string_view name) const {
    if (name == "RT_PASSWORD") return replace_password();
    const auto rows = option_table();
    return std::any_of(rows.begin(), rows.end(), [&](const OptionRow& row) {
      return variable_of(row) == name && replace(row);
    });
  }

 private:
  const ConfigEndpoint* endpoint_;
  const std::vector<Occurrence>& given_;
};

}  // namespace

Result<Decision> decide(const Surroundings& around, const ConfigEndpoint* endpoint,
                        const std::vector<Occurrence>& given, const std::vector<Occurrence>& of_end,
                        const std::string& see_help) {
  if (around.verb != Verb::relay || (endpoint == nullptr && of_end.empty()))
    return Decider(around, endpoint, given, see_help).run();
  const OwnCredentials own(endpoint, of_end);
  std::vector<Occurrence> common;
  std::copy_if(given.begin(), given.end(), std::back_inserter(common),
               [&](const Occurrence& option) { return !own.replace(*option.row); });
  const EnvironmentLookup environment = [&](const char* name) -> const char* {
    return around.environment && !own.replace_variable(name) ? around.environment(name) : nullptr;
  };
  const Surroundings rest{around.program, around.verb, environment, around.config, around.profile};
  common.insert(common.end(), of_end.begin(), of_end.end());
  auto decision = Decider(rest, endpoint, common, see_help).run();
  if (!decision) return decision;
  for (const Occurrence& option : of_end)
    decision->options.of_endpoint.emplace_back(option.row->name);
  decision->own = of_end;
  return decision;
}

}  // namespace rt::cli
