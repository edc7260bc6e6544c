#include "cli/help/generate.hpp"
#include "cli/help/generate_shell.hpp"

namespace rt::cli {
namespace {

std::string look(Program program, const std::string& name) {
  std::vector<std::string> verbs;
  for (const Verb verb : written_verbs(program)) verbs.emplace_back(name_of(verb));
  const auto silent = silent_verb(program);
  std::string out = "# Whether the cursor is at one of these: sub (in general), sub:0 (its first";
  out += " argument), sub:*\n# (any of its arguments), none (before the verb).\n";
  out += "function __" + name + "_at\n    set -l verb none\n    set -l position 0\n";
  out += "    set -l name\n    set -l ends\n    set -l words (commandline -opc)\n";
  out += "    set -e words[1]\n    for word in $words\n";
  out +=
      "        if set -q name[1]\n            set -e name[1]\n            continue\n        end\n";
  out += "        if not set -q ends[1]; and test \"$word\" != -\n";
  out += "            switch $word\n                case --\n";
  out += "                    set ends 1\n                    continue\n";
  out += "                case " + joined(long_names_with_value(program), " ") + "\n";
  out += "                    set name $word\n                    continue\n";
  out += "                case '-*'\n";
  out += "                    # Only the last letter's value can be due.\n";
  out += "                    string match -qr '^-[" + letters_of(program, false) + "]*[" +
         letters_of(program, true) + "]$' -- $word\n";
  out += "                    and set name $word\n                    continue\n";
  out += "            end\n        end\n";
  out += "        if test $verb != none\n            set position (math $position + 1)\n";
  out += "            continue\n        end\n        switch $word\n";
  out += "            case " + joined(verbs, " ") + "\n                set verb $word\n";
  out += "            case '*'\n";
  if (silent) {
    out += "                set verb " + std::string(name_of(*silent)) +
           "\n                set position 1\n";
  } else {
    out += "                set verb unknown\n";
  }
  out += "        end\n    end\n";
  return out +
         "    contains -- $verb $argv; or contains -- $verb:$position $argv; or contains -- "
         "\"$verb:*\" $argv\nend\n";
}

std::string address_function(Program program, const std::string& name) {
  const bool relay = has_endpoints(program);
  std::string out = "# Addresses, or endpoints of a relay.\nfunction __" + name + "_address\n";
  out += "    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))\n";
  // To fish these are patterns, which what is offered would be taken to match.
  out += "    string match -qr '[*?]' -- $typed; and return\n";
  if (relay) {
    out +=
        "    set -l known endpoints\n    set -l words (commandline -opc)\n"
        "    if test \"$argv[1]\" = sources; or contains -- --both $words\n"
        "        set known sources\n"
        "    else if __" +
        name +
        "_at none; and not string match -qr '^--from(=|$)' -- $words\n"
        "        set known sources\n    end\n";
    out +=
        "    if string match -q 'file:*' -- $typed\n"
        "        for file in (__fish_complete_path (string sub -s 6 -- $typed))\n"
        "            echo file:$file\n        end\n        return\n    end\n";
  }
  if (has_hub_urls(program)) {
    out += "    for channel in (sh -c " + fish_quoted(channels_script()) + " sh \"$typed\" " +
           name + (relay ? " $known" : "") + ")\n" +
           "        printf '%s\\tChannel\\n' $channel\n    end\n";
  }
  out += "    for name in (command " + name + " --generate " + (relay ? "$known" : "endpoints") +
         " 2>/dev/null)\n" + "        printf '%s\\tNamed endpoint\\n' $name\n    end\n";
  std::string sinks;
  out += "    printf '%s\\t%s\\n'";
  for (const Beginning& beginning : url_beginnings(program)) {
    std::string& list = relay && !is_source(beginning) ? sinks : out;
    list += " \\\n        " + fish_quoted(beginning.text) + " " + fish_quoted(beginning.what);
  }
  if (!sinks.empty())
    out += "\n    test $known = sources; and return\n    printf '%s\\t%s\\n'" + sinks;
  return out + "\nend\n";
}

std::string file_function(const std::string& name) {
  return "function __" + name + "_file_behind_at\n" +
         "    set -l typed (string replace -r '^--[a-z-]+=' '' -- (commandline -ct))\n" +
         "    string match -q '@*' -- $typed; or return\n" +
         "    for file in (__fish_complete_path (string sub -s 2 -- $typed))\n" +
         "        echo @$file\n    end\nend\n";
}

std::string value_part(const OptionRow& row, const std::string& name) {
  if (!takes_value(row)) return {};
  if (const auto choices = choices_of(row, name); !choices.empty())
    return " -x -a " + fish_quoted(choices);
  switch (row.completes) {
    case Completes::nothing:
      return " -x";
    case Completes::url:
      return " -x -a 'mqtt:// mqtts:// mqtt+ws:// mqtt+wss:// (command " + name +
             " --generate brokers 2>/dev/null)'";
    case Completes::profile:
      return " -x -a '(command " + name + " --generate profiles 2>/dev/null)'";
    case Completes::command:
      return " -x -a '(__fish_complete_command)'";
    case Completes::file:
      return " -r -F";
    case Completes::file_behind_at:
      return " -x -a '(__" + name + "_file_behind_at)'";
    case Completes::endpoint:
      return " -x -a '(__" + name + "_address sources)'";
  }
  return {};
}

std::string option_line(const OptionRow& row, Program program, const std::string& name) {
  std::string out = "complete -c " + name;
  const auto verbs = verbs_having(row, program);
  if (verbs.size() < verbs_of(program).size())
    out += " -n '__" + name + "_at none " + joined(verbs, " ") + "'";
  if (row.letter != '\0') out += std::string(" -s ") + row.letter;
  if (!row.name.empty()) out += " -l " + std::string(row.name);
  if (!row.alias.empty()) out += " -l " + std::string(row.alias);
  return out + value_part(row, name) + " -d " + fish_quoted(row.summary) + "\n";
}

}  // namespace

std::string generate_fish(Program program) {
  const std::string name(name_of(program));
  std::string out = "# fish completion for " + name + "; printed by: " + name +
                    " --generate fish\n\n" + look(program, name) + "\n" +
                    address_function(program, name) + "\n";
  if (completes(program, Completes::file_behind_at)) out += file_function(name) + "\n";

  out += "complete -c " + name + " -f\n";
  for (const Verb verb : written_verbs(program)) {
    out += "complete -c " + name + " -n '__" + name + "_at none' -a " + std::string(name_of(verb)) +
           " -d " + fish_quoted(purpose_of(program, verb)) + "\n";
  }
  std::vector<std::string> places = places_of(program, Positional::url);
  for (std::string& place : places_of(program, Positional::endpoint))
    places.push_back(std::move(place));
  if (silent_verb(program)) places.insert(places.begin(), "none");
  std::string quoted;
  for (const std::string& place : places) quoted += " \"" + place + "\"";
  out += "complete -c " + name + " -n '__" + name + "_at" + quoted + "' -a '(__" + name +
         "_address)'\n";
  for (const std::string& place : places_of(program, Positional::file))
    out += "complete -c " + name + " -n '__" + name + "_at \"" + place + "\"' -F\n";
  for (const std::string& place : places_of(program, Positional::way))
    for (const auto& [way, title] : ways())
      out += "complete -c " + name + " -n '__" + name + "_at \"" + place + "\"' -a " +
             std::string(way) + " -d " + fish_quoted(title) + "\n";
  for (const OptionRow* row : rows_of(program)) out += option_line(*row, program, name);
  return out;
}

}  // namespace rt::cli
