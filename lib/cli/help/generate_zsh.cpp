#include "base/text.hpp"
#include "cli/help/generate.hpp"
#include "cli/help/generate_shell.hpp"

namespace rt::cli {
namespace {

// In a specification of _arguments a colon ends a part and a bracket the description.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string colons_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':') out += '\\';
    out += c;
  }
  return out;
}

// What must not follow: itself, unless it may be repeated, and what conflicts with it.
std::string excluded(const OptionRow& row, Program program) {
  if (row.binding.apply == nullptr) return "(- *)";
  std::vector<std::string> names;
  if (row.arity != Arity::list && row.arity != Arity::counted) names = spellings_of(row);
  for (const OptionRow* other : rows_of(program)) {
    if (!conflict(row, *other)) continue;
    for (std::string& spelling : spellings_of(*other)) names.push_back(std::move(spelling));
  }
  return names.empty() ? "" : "(" + joined(names, " ") + ")";
}

std::string value_action(const OptionRow& row, const std::string& name) {
  if (const auto choices = choices_of(row, name); !choices.empty())
    return "(" + std::string(choices) + ")";
  switch (row.completes) {
    case Completes::nothing:
      return " ";
    case Completes::url:
      return "_" + name + "_broker";
    case Completes::profile:
      return "_" + name + "_profile";
    case Completes::command:
      return "_command_names";
    case Completes::file:
      return "_files";
    case Completes::file_behind_at:
      return "_" + name + "_file_behind_at";
    case Completes::endpoint:
      return "_" + name + "_source";
  }
  return " ";
}

std::string specification(const OptionRow& row, const std::string& spelling, Program program) {
  const bool is_long = spelling.starts_with("--");
  std::string out = excluded(row, program);
  if (row.arity == Arity::list || row.arity == Arity::counted) out += '*';
  out += spelling;
  if (row.arity == Arity::optional_value) out += "=-";
  if (takes_value(row)) out += is_long ? "=" : "+";
  out += "[" + escaped(row.summary) + "]";
  if (row.arity == Arity::optional_value) out += "::" + std::string(row.value) + ": ";
  if (takes_value(row)) {
    out += ":" + std::string(row.value) + ":" + value_action(row, std::string(name_of(program)));
  }
  return sh_quoted(out);
}

// The options of each set of verbs, in the order of the table.
std::string options_part(Program program) {
  std::vector<std::pair<std::string, std::string>> blocks;
  for (const OptionRow* row : rows_of(program)) {
    const auto verbs = verbs_having(*row, program);
    const std::string condition = verbs.size() == verbs_of(program).size()
                                      ? std::string()
                                      : "[[ $verb == (" + joined(verbs, "|") + "|) ]] && ";
    if (blocks.empty() || blocks.back().first != condition) blocks.emplace_back(condition, "");
    for (const std::string& spelling : spellings_of(*row))
      blocks.back().second += "    " + specification(*row, spelling, program) + "\n";
  }
  std::string out;
  for (const auto& [condition, specifications] : blocks)
    out += "  " + condition + "options+=(\n" + specifications + "  )\n";
  return out;
}

std::string address_function(Program program, const std::string& name) {
  std::string out = "# An address, or an endpoint of a relay.\n_" + name + "_address() {\n";
  out += "  local expl ret=1\n";
  const bool relay = has_endpoints(program);
  if (relay)
    out +=
        "  if compset -P 'file:'; then\n    _files\n    return\n  fi\n  local known=endpoints\n"
        "  if [[ $1 == sources ]] || _" +
        name + "_reads; then\n    known=sources\n  fi\n";
  const std::string known = relay ? "$known" : "endpoints";
  if (has_hub_urls(program)) {
    out += "  local -a channels\n  channels=(${(f)\"$(_" + name + "_channels \"${(Q)PREFIX}\"" +
           (relay ? " \"$known\"" : "") +
           ")\"})\n"
           "  (( $#channels )) && _wanted channels expl channel compadd -a channels && ret=0\n";
  }
  out += "  local -a names\n  names=(${(f)\"$(_call_program endpoints " + name + " --generate " +
         known +
         " 2>/dev/null)\"})\n"
         "  (( $#names )) && _wanted endpoints expl endpoint compadd -S '' -a names && ret=0\n";
  out += "  local -a beginnings\n  beginnings=(\n";
  std::string whole;
  std::string sinks;
  for (const Beginning& beginning : url_beginnings(program)) {
    const bool sink = relay && !is_source(beginning);
    std::string& list = beginning.text.ends_with('-') ? whole : sink ? sinks : out;
    list += "    " + sh_quoted(colons_escaped(beginning.text) + ":" + beginning.what) + "\n";
  }
  if (!sinks.empty()) out += "  )\n  [[ $known == sources ]] || beginnings+=(\n" + sinks;
  out += "  )\n  _describe -t beginnings beginning beginnings -S '' && ret=0\n";
  if (!whole.empty()) {
    out += "  local -a wholes\n  wholes=(\n" + whole +
           "  )\n  _describe -t endpoints endpoint wholes && ret=0\n";
  }
  out += "  return ret\n}\n";
  if (relay) out += "\n_" + name + "_source() {\n  _" + name + "_address sources\n}\n";
  return out;
}

std::string way_function(const std::string& name) {
  std::string out = "_" + name + "_way() {\n  local -a ways\n  ways=(\n";
  for (const auto& [way, title] : ways())
    out += "    " + sh_quoted(std::string(way) + ":" + std::string(title)) + "\n";
  return out + "  )\n  _describe -t ways way ways\n}\n\n";
}

std::string positional_function(Program program, const std::string& name) {
  std::string out = "_" + name + "_positional() {\n  case $verb:$position in\n    :*)\n";
  out += "      local ret=1\n      local -a verbs\n      verbs=(\n";
  for (const Verb verb : written_verbs(program)) {
    out += "        " +
           sh_quoted(std::string(name_of(verb)) + ":" + colons_escaped(purpose_of(program, verb))) +
           "\n";
  }
  out += "      )\n      _describe -t verbs verb verbs && ret=0\n";
  if (silent_verb(program)) out += "      _" + name + "_address && ret=0\n";
  out += "      return ret\n      ;;\n";
  for (const PositionalRow& row : positionals_of(program)) {
    std::string offer = "_" + name + "_address";
    if (row.kind == Positional::other) offer = "_message " + sh_quoted(row.name);
    if (row.kind == Positional::file) offer = "_files -g '*.toml'";
    if (row.kind == Positional::way) offer = "_" + name + "_way";
    out += "    " + row.verb + ":" + row.position + ") " + offer + " ;;\n";
  }
  return out + "    *) _message 'no more arguments' ;;\n  esac\n}\n";
}

constexpr std::string_view kKnown = R"zsh(
_NAME_profile() {
  local expl
  local -a names
  names=(${(f)"$(_call_program profiles NAME --generate profiles 2>/dev/null)"})
  _wanted profiles expl profile compadd -a names
}

_NAME_broker() {
  local expl
  local -a names
  names=(mqtt:// mqtts:// mqtt+ws:// mqtt+wss:// ${(f)"$(_call_program brokers NAME --generate brokers 2>/dev/null)"})
  _wanted brokers expl broker compadd -S '' -a names
}
)zsh";

constexpr std::string_view kFileBehindAt = R"(
_NAME_file_behind_at() {
  if compset -P '@'; then
    _files
  else
    _message 'DATA, or @FILE'
  fi
}
)";

}  // namespace

std::string generate_zsh(Program program) {
  const std::string name(name_of(program));
  std::string out = "#compdef " + name + "\n# zsh completion for " + name +
                    "; printed by: " + name + " --generate zsh\n\n";
  if (has_hub_urls(program)) out += channels_function(program) + "\n";
  out += look_function(program) + "\n";
  if (has_endpoints(program)) out += sources_function(program) + "\n";
  out += address_function(program, name);
  std::string known(kKnown);
  replace_all(known, "NAME", name);
  out += known;
  if (completes(program, Completes::file_behind_at)) {
    std::string function(kFileBehindAt);
    replace_all(function, "NAME", name);
    out += function;
  }
  out += "\n";
  if (!places_of(program, Positional::way).empty()) out += way_function(name);
  out += positional_function(program, name) + "\n_" + name + "() {\n";
  out += "  local verb= name= ends=\n  local -i position=0\n  local -a options\n";
  out += "  _" + name + "_look \"${(@Q)words[2,CURRENT-1]}\"\n";
  out += options_part(program);
  out += "  _arguments -s -S : $options '*: :_" + name + "_positional'\n}\n\n";
  return out + "if [[ $funcstack[1] == _" + name + " ]]; then\n  _" + name +
         " \"$@\"\nelse\n  compdef _" + name + " " + name + "\nfi\n";
}

}  // namespace rt::cli
