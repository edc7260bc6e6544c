#include "base/text.hpp"
#include "cli/help/generate.hpp"
#include "cli/help/generate_shell.hpp"

namespace rt::cli {
namespace {

// bash before 4 has no compopt: there readline's own completion of file names stands in for
// nothing, too.
constexpr std::string_view kMain = R"(
# COMP_WORDS is cut at ":" and "=", too: here are the words as they were typed, up to the cursor.
_NAME_split() {
  local rest=${COMP_LINE:0:COMP_POINT} word last i
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    last=${#words[@]}
    if [[ $i == 0 || $rest == [[:space:]]* ]]; then
      words[last]=
    else
      last=$((last - 1))
    fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    word=${COMP_WORDS[i]}
    [[ $i == "$COMP_CWORD" ]] && word=$rest
    words[last]+=$word
    rest=${rest#"$word"}
  done
}

# Offers a word, when it goes on as what was typed begins; $2 goes behind it.
_NAME_add() {
  local word=$option$1 behind=$2
  # readline closes a quote itself.
  [[ -n $quoted ]] && behind=
  [[ $word == "$typed"* ]] && COMPREPLY+=("${word#"$cut"}$behind")
}

_NAME_words() {
  local word
  for word in $1; do _NAME_add "$word" ' '; done
}

# Offers what the program knows from the configuration file: $1 says what.
_NAME_known() {
  local word
  while IFS= read -r word; do
    _NAME_add "$word" "$2"
  done < <(command NAME --generate "$1" 2>/dev/null)
}

_NAME_broker() {
  _NAME_add mqtt:// ''
  _NAME_add mqtts:// ''
  _NAME_add mqtt+ws:// ''
  _NAME_add mqtt+wss:// ''
  _NAME_known brokers ''
}

_NAME_command() {
  local word=${typed#"$option"}
  [[ -n $word ]] || return
  while IFS= read -r word; do
    _NAME_add "$word" ''
  done < <(compgen -c -- "$word" | sort -u)
}

# Offers what an address or an endpoint can begin with, the names that the program lists as $2, and
# the channels of a hub.
_NAME_address() {
  local word
  for word in $1; do
    case $word in
      *:*) _NAME_add "$word" '' ;;
      *) _NAME_add "$word" ' ' ;;
    esac
  done
  # The names of the configuration file.
  if [[ ${typed#"$option"} == "" || ${typed#"$option"} == @* || $typed == *+@* ]]; then
    while IFS= read -r word; do
      _NAME_add "$word" ''
    done < <(command NAME --generate "$2" 2>/dev/null)
  fi
CHANNELS}

FILES_NAME() {
  local IFS=$' \t\n' verb='' position=0 name='' ends=''
  local words typed cut='' quoted='' option='' files=''
  COMPREPLY=()
  _NAME_split
  typed=${words[${#words[@]} - 1]}
  _NAME_look "${words[@]:1:${#words[@]}-2}"
  if [[ $typed == [\"\']* ]]; then
    # Between quotes readline cuts at nothing.
    quoted=1
    typed=${typed:1}
  else
    # readline puts what is offered behind the last ":" or "=", or in the place of the last "@".
    local breaks=${COMP_WORDBREAKS//[^:=]/} tail=$typed
    [[ -n $breaks ]] && tail=${typed##*["$breaks"]}
    [[ $COMP_WORDBREAKS == *@* && $tail == *@* ]] && tail=@${tail##*@}
    cut=${typed%"$tail"}
  fi
  if [[ -z $name$ends && $typed == --*=* ]]; then
    name=${typed%%=*}
    option=$name=
  fi
  if [[ -n $name ]]; then
    _NAME_value
  elif [[ -z $ends && $typed == -* ]]; then
    _NAME_options
  fi
  [[ -n $name ]] || _NAME_positional
  if [[ -n $files ]]; then
    compopt +o nospace 2>/dev/null
  else
    compopt +o default 2>/dev/null
  fi
}
complete -o default -o nospace -F _NAME NAME
)";

constexpr std::string_view kFileBehindAt = R"(_NAME_file_behind_at() {
  local file at=${typed#"$option"}
  [[ $at == @* ]] || return
  while IFS= read -r file; do
    if [[ -d $file ]]; then
      _NAME_add "@$file/" ''
    else
      _NAME_add "@$file" ' '
    fi
  done < <(compgen -f -- "${at#@}")
}

)";

constexpr std::string_view kChannels = R"(  while IFS= read -r word; do
    _NAME_add "$word" ' '
  done < <(_NAME_channels "${typed#"$option"}" "$2")
)";

std::string indented_case(const std::string& patterns, const std::string& action) {
  return "    " + patterns + ") " + action + " ;;\n";
}

std::string texts_of(const std::vector<Beginning>& beginnings) {
  std::vector<std::string> texts;
  for (const Beginning& beginning : beginnings) texts.push_back(beginning.text);
  return joined(texts, " ");
}

std::string address(const std::string& name, const std::vector<Beginning>& beginnings,
                    const std::string& names = "endpoints") {
  return "_" + name + "_address " + sh_quoted(texts_of(beginnings)) + " " + names;
}

std::string value_action(const OptionRow& row, const std::string& name) {
  if (const auto choices = choices_of(row, name); !choices.empty())
    return "_" + name + "_words " + sh_quoted(choices);
  switch (row.completes) {
    case Completes::nothing:
      return {};
    case Completes::url:
      return "_" + name + "_broker";
    case Completes::profile:
      return "_" + name + "_known profiles ' '";
    case Completes::command:
      return "_" + name + "_command";
    case Completes::file:
      return "files=1";
    case Completes::file_behind_at:
      return "_" + name + "_file_behind_at";
    case Completes::endpoint:
      return "_" + name + "_endpoint sources";
  }
  return {};
}

std::string values_function(Program program, const std::string& name) {
  std::string out = "# Offers values of the option $name.\n_" + name + "_value() {\n";
  out += "  case $name in\n";
  for (const OptionRow* row : rows_of(program)) {
    const std::string action = value_action(*row, name);
    if (!action.empty()) out += indented_case(joined(spellings_of(*row), " | "), action);
  }
  return out + "  esac\n}\n";
}

std::string options_of(Program program, std::optional<Verb> verb) {
  std::vector<std::string> names;
  for (const OptionRow* row : rows_of(program)) {
    if (!verb || applies(*row, program, *verb)) names.push_back(spelling_of(*row));
  }
  for (const OptionRow* row : rows_of(program)) {
    const bool both = row->letter != '\0' && !row->name.empty();
    if (both && (!verb || applies(*row, program, *verb)))
      names.push_back(std::string{'-', row->letter});
  }
  return joined(names, " ");
}

std::string options_function(Program program, const std::string& name) {
  std::string out = "# Offers the options of the verb.\n_" + name + "_options() {\n";
  out += "  case $verb in\n";
  for (const Verb verb : verbs_of(program)) {
    out += indented_case(std::string(name_of(verb)),
                         "_" + name + "_words '" + options_of(program, verb) + "'");
  }
  out += indented_case("*", "_" + name + "_words '" + options_of(program, std::nullopt) + "'");
  return out + "  esac\n}\n";
}

std::string positionals_function(Program program, const std::string& name) {
  std::vector<std::string> verbs;
  for (const Verb verb : written_verbs(program)) verbs.emplace_back(name_of(verb));
  std::string out = "# Offers the verb, or an argument of it.\n_" + name + "_positional() {\n";
  out += "  case $verb:$position in\n    :*)\n";
  out += "      _" + name + "_words '" + joined(verbs, " ") + "'\n";
  const bool endpoints = has_endpoints(program);
  const std::string offer =
      endpoints ? "_" + name + "_endpoint" : address(name, url_beginnings(program));
  if (silent_verb(program)) out += "      " + offer + "\n";
  out += "      ;;\n";
  const auto places = places_of(program, endpoints ? Positional::endpoint : Positional::url);
  out += indented_case(joined(places, " | "), offer);
  const auto files = places_of(program, Positional::file);
  if (!files.empty()) out += indented_case(joined(files, " | "), "files=1");
  const auto compared = places_of(program, Positional::way);
  std::vector<std::string> names;
  for (const auto& [way, title] : ways()) names.emplace_back(way);
  if (!compared.empty())
    out +=
        indented_case(joined(compared, " | "), "_" + name + "_words '" + joined(names, " ") + "'");
  return out + "  esac\n}\n";
}

std::string endpoint_function(const std::string& name) {
  std::vector<Beginning> sources;
  for (Beginning& beginning : endpoint_beginnings()) {
    if (is_source(beginning)) sources.push_back(std::move(beginning));
  }
  return "# Offers an endpoint of a relay; $1 says whether it is to be read from.\n_" + name +
         "_endpoint() {\n  if [[ ${typed#\"$option\"} == file:* ]]; then\n    files=1\n" +
         "  elif [[ $1 == sources ]] || _" + name + "_reads; then\n    " +
         address(name, sources, "sources") + "\n  else\n    " +
         address(name, endpoint_beginnings()) + "\n  fi\n}\n";
}

}  // namespace

std::string generate_bash(Program program) {
  const std::string name(name_of(program));
  std::string body(kMain);
  replace_all(body, "CHANNELS", has_hub_urls(program) ? kChannels : "");
  replace_all(body, "FILES", completes(program, Completes::file_behind_at) ? kFileBehindAt : "");
  replace_all(body, "NAME", name);

  std::string out = "# bash completion for " + name + "; printed by: " + name +
                    " --generate bash\n# shellcheck shell=bash disable=SC2034,SC2154\n\n";
  if (has_hub_urls(program)) out += channels_function(program) + "\n";
  out += look_function(program) + "\n";
  if (has_endpoints(program))
    out += sources_function(program) + "\n" + endpoint_function(name) + "\n";
  out += values_function(program, name) + "\n" + options_function(program, name) + "\n" +
         positionals_function(program, name);
  return out + body;
}

}  // namespace rt::cli
