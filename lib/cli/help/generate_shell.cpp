#include "cli/help/generate_shell.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/compared_way.hpp"
#include "model/scheme.hpp"

namespace rt::cli {
namespace {

// "[MESSAGE...]" is MESSAGE, and may be repeated.
PositionalRow positional(Verb verb, std::size_t index, std::string_view written) {
  PositionalRow row;
  row.verb = name_of(verb);
  const bool repeated = written.find("...") != std::string_view::npos;
  row.position = repeated ? "*" : std::to_string(index);
  row.name = written;
  if (written == "FROM" || written == "TO...")
    row.kind = Positional::endpoint;
  else if (written == "URL" || written == "URL...")
    row.kind = Positional::url;
  else if (written == "ROUTES.toml")
    row.kind = Positional::file;
  else if (verb == Verb::compare)
    row.kind = Positional::way;
  return row;
}

std::string first_sentence(const std::string& text) {
  return text.substr(0, text.find_first_of(".;:"));
}

}  // namespace

std::vector<const OptionRow*> rows_of(Program program) {
  std::vector<const OptionRow*> rows;
  for (const OptionRow& row : option_table()) {
    if (applies(row, program)) rows.push_back(&row);
  }
  return rows;
}

std::vector<std::string> spellings_of(const OptionRow& row) {
  std::vector<std::string> all;
  if (row.letter != '\0') all.push_back(std::string{'-', row.letter});
  if (!row.name.empty()) all.push_back("--" + std::string(row.name));
  if (!row.alias.empty()) all.push_back("--" + std::string(row.alias));
  return all;
}

std::vector<std::string> long_names_with_value(Program program) {
  std::vector<std::string> all;
  for (const OptionRow* row : rows_of(program)) {
    if (!takes_value(*row)) continue;
    for (std::string& spelling : spellings_of(*row)) {
      if (spelling.starts_with("--")) all.push_back(std::move(spelling));
    }
  }
  return all;
}

std::string letters_of(Program program, bool with_value) {
  std::string letters;
  for (const OptionRow* row : rows_of(program)) {
    if (row->letter != '\0' && takes_value(*row) == with_value) letters += row->letter;
  }
  return letters;
}

bool completes(Program program, Completes what) {
  const auto rows = rows_of(program);
  return std::any_of(rows.begin(), rows.end(),
                     [&](const OptionRow* row) { return row->completes == what; });
}

std::vector<Verb> written_verbs(Program program) {
  std::vector<Verb> verbs;
  for (const Verb verb : verbs_of(program)) {
    if (verb != Verb::relay) verbs.push_back(verb);
  }
  return verbs;
}

std::optional<Verb> silent_verb(Program program) {
  if (program == Program::rtws) return Verb::pipe;
  if (program == Program::rtrelay) return Verb::relay;
  return std::nullopt;
}

std::vector<std::string> verbs_having(const OptionRow& row, Program program) {
  std::vector<std::string> names;
  for (const Verb verb : verbs_of(program)) {
    if (applies(row, program, verb)) names.emplace_back(name_of(verb));
  }
  return names;
}

std::string purpose_of(Program program, Verb verb) {
  for (const HelpSection& section : help_sections(program, verb, HelpDetail::brief)) {
    if (section.title == "Usage") return section.entries.front().text;
  }
  return {};
}

std::vector<PositionalRow> positionals_of(Program program) {
  std::vector<PositionalRow> rows;
  for (const Verb verb : verbs_of(program)) {
    std::size_t index = 0;
    for (const std::string_view written : split(arguments_of(program, verb), ' '))
      rows.push_back(positional(verb, index++, written));
  }
  return rows;
}

std::vector<std::string> places_of(Program program, Positional kind) {
  std::vector<std::string> places;
  for (const PositionalRow& row : positionals_of(program)) {
    if (row.kind == kind) places.push_back(row.verb + ":" + row.position);
  }
  return places;
}

std::vector<std::pair<std::string_view, std::string_view>> ways() {
  std::vector<std::pair<std::string_view, std::string_view>> all;
  for (std::size_t i = 0; i < kComparedWays; ++i) {
    const auto way = static_cast<ComparedWay>(i);
    all.emplace_back(name_of(way), title_of(way));
  }
  return all;
}

std::vector<Beginning> url_beginnings(Program program) {
  if (has_endpoints(program)) return endpoint_beginnings();
  std::vector<Beginning> all;
  for (const std::string& name : scheme_names()) {
    const auto scheme = read_scheme(name);
    if (!scheme || scheme->prefix || scheme->web == (program == Program::rtmqtt)) continue;
    if (scheme->web && scheme->websocket != (program == Program::rtws)) continue;
    all.push_back({name + "://", scheme->tls ? "With TLS" : "In clear text"});
  }
  return all;
}

std::string sources_function(Program program) {
  return "# Whether the argument is one to read from: FROM, or with --both each.\n_" +
         std::string(name_of(program)) +
         "_reads() {\n  local line=\" ${words[*]} \"\n"
         "  [[ $line == *\" --both \"* ]] && return 0\n"
         "  [[ -z $verb && $line != *\" --from \"* && $line != *\" --from=\"* ]]\n}\n";
}

bool is_source(const Beginning& beginning) {
  return beginning.text != "http://" && beginning.text != "https://";
}

// The help's list of endpoints: "ws://..., wss://...", "exec:CMD", "serve+http://[HOST]:PORT".
std::vector<Beginning> endpoint_beginnings() {
  std::vector<Beginning> all;
  for (const HelpSection& section :
       help_sections(Program::rtrelay, Verb::relay, HelpDetail::full)) {
    if (section.title != "Arguments") continue;
    for (const HelpEntry& entry : section.entries) {
      for (const std::string_view term : split(entry.term, ',')) {
        const std::string_view form = trim(term);
        const std::size_t colon = form.find(':');
        if (form == "-") all.push_back({std::string(form), first_sentence(entry.text)});
        if (colon == std::string_view::npos) continue;
        const bool url = form.substr(colon).starts_with("://");
        all.push_back(
            {std::string(form.substr(0, colon + (url ? 3 : 1))), first_sentence(entry.text)});
        if (!form.starts_with("serve+http:")) continue;
        for (const char* same : {"serve+ws://", "serve+sse://", "serve+poll://"})
          all.push_back({same, first_sentence(entry.text)});
      }
    }
  }
  return all;
}

bool has_endpoints(Program program) {
  return program == Program::rtrelay;
}

bool has_hub_urls(Program program) {
  return program != Program::rtmqtt;
}

std::string_view channels_script() {
  return R"(
    url=${1#poll+} url=${url#sse+} url=${url#ws+} typed= base= full=$1
    case $url in
      *[!A-Za-z0-9/._~%:@+-]*) exit ;;
      @*/*)
        # What the name stands for, and the path behind it.
        name=${url%%/*}
        typed=${1%%@*}$name
        url=$(command "$2" --generate urls 2>/dev/null |
          while read -r word known; do
            if [ "$word" = "$name" ]; then printf %s "$known"; fi
          done)
        full=${1%%@*}$url
        url=${url#poll+} url=${url#sse+} url=${url#ws+}
        url=${url%/}/
        ;;
    esac
    case $3:$full in
      sources:http://* | sources:https://*) exit ;;
    esac
    case $url in
      *[!A-Za-z0-9/._~%:@+-]*) exit ;;
      http://*/* | https://*/*) ;;
      ws://*/* | wss://*/*) url=http${url#ws} ;;
      *://*) exit ;;
      :[0-9]*/*) url=http://127.0.0.1$url ;;
      *:[0-9]*/*) url=http://$url ;;
      *) exit ;;
    esac
    rest=${url#*://}
    hub=${url%%://*}://${rest%%/*}
    case $hub in
      # A password would be there for all to see who list processes.
      *@*) exit ;;
    esac
    if [ -n "$typed" ]; then
      base=/${rest#*/} base=${base%/}
    else
      typed=${1%"/${rest#*/}"}
    fi
    curl -q -s -f -m 1 --noproxy "*" "$hub/-/channels" 2>/dev/null |
      sed -n "s,^{\"channel\":\"\(/[A-Za-z0-9/._~%:@+-]*\)\".*,\1,p" |
      while read -r channel; do
        case $channel in
          "$base"/*) printf "%s%s\n" "$typed" "${channel#"$base"}" ;;
        esac
      done
  )";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (!text.empty()) text += separator;
    text += part;
  }
  return text;
}

std::string sh_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += "'\\''";
    else
      out += c;
  }
  return out + "'";
}

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

std::string look_function(Program program) {
  const std::string name(name_of(program));
  const std::string flags = letters_of(program, false);
  std::vector<std::string> verbs;
  for (const Verb verb : written_verbs(program)) verbs.emplace_back(name_of(verb));
  const auto silent = silent_verb(program);

  std::string out = "# Sets verb, position (arguments behind it), name (of the option whose value";
  out += " is due) and\n# ends (behind --) from the words before the cursor.\n";
  out += "_" + name + "_look() {\n  local word\n  for word in \"$@\"; do\n";
  out += "    if [[ -n $name ]]; then\n      name=\n      continue\n    fi\n";
  out += "    if [[ -z $ends ]]; then\n      case $word in\n";
  out += "        --)\n          ends=1\n          continue\n          ;;\n";
  out += "        " + joined(long_names_with_value(program), " | \\\n          ") + ")\n";
  out += "          name=$word\n          continue\n          ;;\n";
  out += "        --*) continue ;;\n        -?*)\n";
  out += "          # Letters may stand together, -vn 3; only the last one's value can be due.\n";
  out += "          if [[ ${word:1:${#word}-2} != *[!" + flags + "]* && ${word: -1} == [" +
         letters_of(program, true) + "] ]]; then\n";
  out += "            name=-${word: -1}\n          fi\n          continue\n          ;;\n";
  out += "      esac\n    fi\n";
  out += "    if [[ -n $verb ]]; then\n      position=$((position + 1))\n      continue\n    fi\n";
  out += "    case $word in\n      " + joined(verbs, " | ") + ") verb=$word ;;\n";
  if (silent) {
    out += "      *)\n        verb=" + std::string(name_of(*silent)) +
           "\n        position=1\n        ;;\n";
  } else {
    out += "      *) verb=none ;;\n";
  }
  return out + "    esac\n  done\n}\n";
}

std::string channels_function(Program program) {
  return "# The URL with each channel of the hub that it names.\n_" +
         std::string(name_of(program)) + "_channels() {\n  command sh -c " +
         sh_quoted(channels_script()) + " sh \"$1\" " + std::string(name_of(program)) +
         " \"$2\"\n}\n";
}

}  // namespace rt::cli
