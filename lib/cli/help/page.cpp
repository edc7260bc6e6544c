#include "cli/help/page.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/help/end_options.hpp"
#include "cli/options/credential.hpp"
#include "cli/options/table.hpp"

namespace rt::cli {
namespace {

std::string what_it_does(Program program, Verb verb) {
  const bool ws = program == Program::rtws;
  const bool mqtt = program == Program::rtmqtt;
  switch (verb) {
    case Verb::sub:
      return "Print every message that arrives, until stopped";
    case Verb::pub:
      return "Send the arguments, or else each message on stdin";
    case Verb::pipe:
      return ws     ? "Send stdin and print what arrives; the verb may be left out"
             : mqtt ? "Send stdin and print what arrives"
                    : "Send stdin by POST and print what arrives";
    case Verb::serve:
      return program == Program::rtrelay ? "Serve channels to all transports"
             : mqtt ? "Be the broker; with CHANNEL also publish stdin and print what clients send"
                    : "Be the server: publish stdin, print what clients send";
    case Verb::rpc:
      return "Send the arguments, or else each message on stdin, and print the answers";
    case Verb::relay:
      return "Send what arrives from FROM to every TO; its verb, relay, is left out";
    case Verb::run:
      return "Run the routes of a file, each by itself, for as long as it takes";
    case Verb::compare:
      return "Measure the transports side by side, with your own message and network";
  }
  return {};
}

std::vector<Verb> verbs_shown(Program program, std::optional<Verb> verb) {
  if (verb) return {*verb};
  const auto all = verbs_of(program);
  return {all.begin(), all.end()};
}

// How many examples of each of so many verbs are shown: the help of one verb has all of them, that
// of the program one of each, and more where a verb is left out. The short help has few.
std::size_t most_examples(Program program, Verb verb, std::size_t verbs, HelpDetail detail) {
  const bool relay = program == Program::rtrelay;
  if (detail == HelpDetail::brief) return verbs == 1 || verb == Verb::relay ? 2 : 1;
  if (verbs == 1) return examples().size();
  return relay ? 6 : 1;
}

HelpSection examples_section(Program program, const std::vector<Verb>& verbs, HelpDetail detail) {
  HelpSection section{"Examples", HelpLayout::example, {}};
  for (const Verb verb : verbs) {
    const std::size_t most = most_examples(program, verb, verbs.size(), detail);
    std::size_t shown = 0;
    for (const Example& example : examples()) {
      if (example.program != program || example.verb != verb) continue;
      const bool rare = verb == Verb::rpc || verb == Verb::compare;
      if (rare && detail == HelpDetail::brief && verbs.size() > 1) break;
      if (++shown > most) break;
      section.entries.push_back({std::string(example.command), std::string(example.purpose)});
    }
  }
  return section;
}

HelpSection usage_section(Program program, const std::vector<Verb>& verbs) {
  HelpSection section{"Usage", HelpLayout::stacked, {}};
  for (const Verb verb : verbs) {
    section.entries.push_back(
        {command_of(program, verb) + " [OPTION...] " + std::string(arguments_of(program, verb)),
         what_it_does(program, verb)});
  }
  if (program == Program::rtws && std::find(verbs.begin(), verbs.end(), Verb::pipe) != verbs.end())
    section.entries.push_back({"rtws [OPTION...] URL", "The same as rtws pipe URL"});
  return section;
}

HelpEntry url_argument(Program program) {
  if (program == Program::rtmqtt) {
    return {"URL",
            "mqtt://HOST[:PORT]/TOPIC, or mqtts for TLS, or mqtt+ws and mqtt+wss for MQTT over "
            "WebSocket, or without a scheme: localhost/a/b, and "
            ":1883/a/b for port 1883 of this machine. TOPIC is all that follows, + and # of topic "
            "filters included; %XX stands for a byte."};
  }
  const std::string scheme = program == Program::rtws ? "ws or wss" : "http or https";
  return {"URL", "A URL with " + scheme +
                     ", or without a scheme: example.org/feed, localhost:8080/feed, and :8080/feed "
                     "for port 8080 of this machine."};
}

void add_endpoints(HelpSection& section) {
  const HelpEntry entries[] = {
      {"FROM, TO",
       "One of the endpoints below. What arrives from FROM goes to every TO. An option behind one "
       "is for it alone."},
      {"-", "Stdin or stdout."},
      {"ws://..., wss://...", "A WebSocket."},
      {"mqtt://..., mqtts://...",
       "An MQTT broker, over WebSocket as mqtt+ws:// or mqtt+wss://. Its path is a topic or a "
       "topic filter; to a URL without one each message "
       "goes under its own topic."},
      {"sse+http://..., sse+https://...", "An event stream; messages go there by POST."},
      {"poll+http://..., poll+https://...", "A URL that is polled; messages go there by POST."},
      {"http://..., https://...", "A POST for each message. Only as TO."},
      {"exec:CMD", "A command: lines in, lines out."},
      {"file:PATH", "A file: followed as it grows, or appended to."},
      {"serve+http://[HOST]:PORT[/CHANNEL]",
       "A hub in this process, for all transports of the web; serve+sse, serve+ws and serve+poll "
       "are the same. Without HOST only this machine can connect; * is all interfaces."},
      {"serve+mqtt://[HOST]:PORT[/TOPIC]", "An MQTT broker beside this process."},
  };
  section.entries.insert(section.entries.end(), std::begin(entries), std::end(entries));
}

HelpSection arguments_section(Program program, const std::vector<Verb>& verbs) {
  HelpSection section{"Arguments", HelpLayout::stacked, {}};
  const auto has = [&](Verb verb) {
    return std::find(verbs.begin(), verbs.end(), verb) != verbs.end();
  };
  if (has(Verb::sub) || has(Verb::pub) || has(Verb::pipe) || has(Verb::rpc)) {
    section.entries.push_back(url_argument(program));
  }
  if (has(Verb::relay)) add_endpoints(section);
  if (has(Verb::pub) || has(Verb::rpc)) {
    section.entries.push_back(
        {"MESSAGE", "Each is sent as it is. One that begins with - goes after --."});
  }
  if (has(Verb::run)) {
    section.entries.push_back(
        {"ROUTES.toml",
         "A file with a table [routes.NAME] for each route: from, to, and options by their long "
         "names. It is read again at SIGHUP. rtwire(7) describes it."});
  }
  if (has(Verb::compare)) {
    section.entries.push_back(
        {"WAY",
         "poll (the latest message, at an interval), poll-cursor, long-poll, sse, ws (plain), "
         "ws-hub (resumes), mqtt0, mqtt1 and mqtt2. Without one: poll-cursor, long-poll, sse, ws, "
         "mqtt0 and mqtt1. A hub and a Mosquitto of their own are started for it."});
  }
  if (has(Verb::serve)) {
    section.entries.push_back(
        {"[HOST:]PORT[/CHANNEL]",
         "Where to listen. Without HOST only this machine can connect; '*:PORT' is all "
         "interfaces. PORT 0 takes a free one; the line \"listening URL\" on stderr tells which. " +
             std::string(program == Program::rtmqtt
                             ? ""
                             : "fd:N and fd:NAME are sockets that a service manager has opened. ") +
             "Stdin goes to CHANNEL " +
             std::string(program == Program::rtrelay || program == Program::rtmqtt
                             ? "when it is named."
                             : "when it is named or stdin is piped.")});
  }
  return section;
}

std::string option_term(const OptionRow& row) {
  std::string term = row.letter != '\0' ? std::string{'-', row.letter} : "   ";
  if (!row.name.empty()) term += (row.letter != '\0' ? ", --" : " --") + std::string(row.name);
  if (row.arity == Arity::optional_value) term += "[=" + std::string(row.value) + "]";
  if (takes_value(row)) term += " " + std::string(row.value);
  return term;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

std::string conflicts_sentence(const OptionRow& row, Program program) {
  std::vector<std::string> others;
  for (const std::string_view name : split(row.conflicts, ' ')) {
    const OptionRow* other = find_option(name);
    if (other != nullptr && applies(*other, program)) others.push_back(spelling_of(*other));
  }
  return others.empty() ? std::string() : " Not together with " + joined(others) + ".";
}

std::string needs_sentence(const OptionRow& row, Program program, const std::vector<Verb>& verbs) {
  std::string text;
  for (const Verb verb : verbs) {
    const OptionRow* needed = applies(row, program, verb) ? needed_by(row, program, verb) : nullptr;
    if (needed == nullptr) continue;
    const bool always = needed->name == row.needs;
    text = (always || verbs.size() == 1 ? " Needs " : " With serve it needs ") +
           spelling_of(*needed) + ".";
  }
  return text;
}

std::string full_text(const OptionRow& row, Program program, const std::vector<Verb>& verbs) {
  const OptionFacts facts = facts_of(row, program, verbs);
  std::string text = facts.text;
  if (!facts.verbs.empty()) text += " [" + facts.verbs + "]";
  if (!facts.default_value.empty()) text += " [default: " + facts.default_value + "]";
  if (!facts.variable.empty()) text += " [" + facts.variable + "]";
  return text;
}

void add_options(std::vector<HelpSection>& sections, Program program,
                 const std::vector<Verb>& verbs) {
  for (std::size_t group = 0; group < kGroupCount; ++group) {
    HelpSection section{std::string(title_of(static_cast<Group>(group))), HelpLayout::stacked, {}};
    for (const OptionRow& row : option_table()) {
      const bool shown = row.group == static_cast<Group>(group) &&
                         std::any_of(verbs.begin(), verbs.end(),
                                     [&](Verb verb) { return applies(row, program, verb); });
      if (!shown) continue;
      section.entries.push_back({option_term(row), full_text(row, program, verbs)});
    }
    if (!section.entries.empty()) sections.push_back(std::move(section));
  }
}

HelpSection common_options(Program program, const std::vector<Verb>& verbs) {
  HelpSection section{"Options used most", HelpLayout::table, {}};
  for (std::size_t group = 0; group < kGroupCount; ++group) {
    for (const OptionRow& row : option_table()) {
      const bool shown = row.group == static_cast<Group>(group) &&
                         std::any_of(verbs.begin(), verbs.end(), [&](Verb verb) {
                           const bool own = verb == Verb::run || verb == Verb::compare;
                           return is_common(row, program, verb) && (!own || verbs.size() == 1);
                         });
      if (shown) section.entries.push_back({option_term(row), std::string(row.summary)});
    }
  }
  return section;
}

HelpSection environment_section(Program program, const std::vector<Verb>& verbs) {
  HelpSection section{"Environment", HelpLayout::stacked, {}};
  section.entries.push_back(
      {"RT_<NAME>",
       "The value of the option --<name>, as its description says, when the command line does not "
       "give it; 1 or 0 for an option without a value."});
  if (verbs.size() > 1 || verbs.front() != Verb::serve) {
    section.entries.push_back(
        {"RT_PASSWORD", "The password, when --user or the URL names a user without one."});
    section.entries.push_back({"RT_KEY_PASSWORD", "The password of an encrypted --key."});
    if (program == Program::rtmqtt || program == Program::rtrelay)
      section.entries.push_back({"RT_PSK", "The key of --psk-identity, in hexadecimal."});
    section.entries.push_back(
        {"RT_TYPED_HISTORY",
         "The file that remembers the lines you type, instead of <program>_history in "
         "~/.local/state/rtwire; empty: none does."});
    section.entries.push_back(
        {"HTTPS_PROXY, NO_PROXY", "The proxy to go through, and the hosts to reach without it."});
    section.entries.push_back(
        {"SSL_CERT_FILE", "Certificates to trust, when --cacert is not given."});
  }
  return section;
}

// Of what several ends of a relay could take.
std::string_view owner_sentence(const OptionRow& row, const std::vector<Verb>& verbs) {
  const CredentialRow* credential = credential_of(row.name);
  const bool relays = std::find(verbs.begin(), verbs.end(), Verb::relay) != verbs.end();
  if (credential == nullptr || !relays || !row.needs.empty() || row.name == "key") return {};
  if (credential->credential == Credential::user)
    return "When several ends could take it, it is refused: write it behind its end, name the user "
           "in a URL, or put it below [endpoints.NAME] in the configuration file.";
  return "When several ends could take it, it is refused: write it behind its end, or put it below "
         "[endpoints.NAME] in the configuration file.";
}

HelpSection exit_codes_section() {
  constexpr std::array<std::pair<Fault, std::string_view>, 9> kMeanings = {{
      {Fault::other, "Another failure, such as a command of --exec that failed"},
      {Fault::usage, "The command line, the environment or a file is wrong"},
      {Fault::network, "Cannot resolve the name or cannot connect"},
      {Fault::tls, "TLS failed, such as a certificate that is not trusted"},
      {Fault::refused, "Refused: authentication or permission"},
      {Fault::protocol, "The other side broke the protocol"},
      {Fault::timeout,
       "--timeout passed before --count was reached, or what --expect names did not come"},
      {Fault::closed, "The other side closed, and reconnecting was off or cannot help"},
      {Fault::lost, "Messages were lost, or refused by --escape"},
  }};
  HelpSection section{"Exit codes", HelpLayout::table, {{"0", "All went well"}}};
  for (const auto& [fault, meaning] : kMeanings) {
    section.entries.push_back({std::to_string(exit_code(fault)), std::string(meaning)});
  }
  return section;
}

}  // namespace

OptionFacts facts_of(const OptionRow& row, Program program, const std::vector<Verb>& verbs) {
  OptionFacts facts;
  facts.text = std::string(row.summary) + ".";
  if (!row.text.empty()) facts.text += " " + std::string(row.text);
  if (const std::string_view owner = owner_sentence(row, verbs); !owner.empty())
    facts.text += " " + std::string(owner);
  if (!row.alias.empty()) facts.text += " --" + std::string(row.alias) + " is the same.";
  facts.text += conflicts_sentence(row, program) + needs_sentence(row, program, verbs);

  std::vector<std::string> having;
  for (const Verb verb : verbs) {
    if (applies(row, program, verb)) having.emplace_back(name_of(verb));
  }
  if (having.size() < verbs.size()) facts.verbs = joined(having);
  facts.default_value = default_of(row, program);
  facts.variable = variable_of(row);
  return facts;
}

std::vector<HelpSection> help_sections(Program program, std::optional<Verb> verb,
                                       HelpDetail detail) {
  const std::vector<Verb> verbs = verbs_shown(program, verb);
  if (detail == HelpDetail::brief) {
    const std::string all =
        command_of(program, verb) + " --help, man " + std::string(name_of(program));
    return {usage_section(program, verbs),
            examples_section(program, verbs, detail),
            common_options(program, verbs),
            {"More", HelpLayout::table, {{all, "All options, and what they mean"}}}};
  }
  std::vector<HelpSection> sections;
  sections.push_back(examples_section(program, verbs, detail));
  sections.push_back(usage_section(program, verbs));
  sections.push_back(arguments_section(program, verbs));
  if (program == Program::rtrelay && verb != Verb::serve) sections.push_back(end_options_section());
  add_options(sections, program, verbs);
  sections.push_back(environment_section(program, verbs));
  sections.push_back(exit_codes_section());
  return sections;
}

std::string version_text(Program program) {
  return std::string(name_of(program)) + " " RT_VERSION
                                         " (rtwire)\n"
                                         "Licence: MIT. There is no warranty.\n";
}

}  // namespace rt::cli
