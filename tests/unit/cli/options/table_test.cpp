#include "cli/options/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "base/text.hpp"

using namespace rt;
using namespace rt::cli;

namespace {

constexpr std::array kPrograms = {Program::rtpoll, Program::rtsse, Program::rtws, Program::rtmqtt,
                                  Program::rtrelay};

}  // namespace

TEST_CASE("every row is complete") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(spelling_of(row));
    CHECK((!row.name.empty() || row.letter == 'h'));
    CHECK(static_cast<std::size_t>(row.group) < kGroupCount);
    CHECK(std::any_of(kPrograms.begin(), kPrograms.end(),
                      [&](Program program) { return applies(row, program); }));
    const bool has_value = row.arity != Arity::flag && row.arity != Arity::counted;
    CHECK(row.value.empty() == !has_value);
    for (const char c : row.value) CHECK((c >= 'A' && c <= 'Z'));
    for (const char c : row.name)
      CHECK(((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'));
    const bool ends_program = row.letter == 'h' || row.name == "help" || row.name == "version" ||
                              row.name == "generate" || row.name == "mosquitto";
    CHECK((row.binding.apply == nullptr) == ends_program);
    if (row.arity == Arity::list || ends_program) CHECK_FALSE(row.from_environment);
  }
}

TEST_CASE("summaries and texts read alike") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(spelling_of(row));
    REQUIRE_FALSE(row.summary.empty());
    CHECK(row.summary.size() <= 46);  // the short help's line fits 80 columns
    CHECK((row.summary.front() >= 'A' && row.summary.front() <= 'Z'));
    CHECK(row.summary.back() != '.');
    CHECK(row.summary.find('\n') == std::string_view::npos);
    if (!row.text.empty()) CHECK(row.text.back() == '.');
    CHECK(row.text.find("  ") == std::string_view::npos);
    const bool repeatable = row.summary.find("(repeatable)") != std::string_view::npos ||
                            row.text.find("Each -") != std::string_view::npos;
    CHECK(repeatable == (row.arity == Arity::list));
  }
}

TEST_CASE("names, aliases, letters and variables are unique") {
  std::set<std::string_view> names;
  std::set<char> letters;
  std::set<std::string> variables = {"RT_PASSWORD"};
  for (const OptionRow& row : option_table()) {
    CAPTURE(spelling_of(row));
    if (!row.name.empty()) CHECK(names.insert(row.name).second);
    if (!row.alias.empty()) CHECK(names.insert(row.alias).second);
    if (row.letter != '\0') CHECK(letters.insert(row.letter).second);
    if (const auto variable = variable_of(row); !variable.empty()) {
      CHECK(variables.insert(variable).second);
      CHECK(find_option(row.name) == &row);
    }
  }
}

// Else it would pass untold at an end of a relay, or be for all of them.
TEST_CASE("what a client has for its connection, an end of a relay has") {
  for (const OptionRow& row : option_table()) {
    if (row.group != Group::connection && row.group != Group::security) continue;
    const bool of_client = std::any_of(kPrograms.begin(), kPrograms.end(), [&](Program program) {
      return program != Program::rtrelay &&
             (applies(row, program, Verb::sub) || applies(row, program, Verb::pub) ||
              applies(row, program, Verb::pipe));
    });
    if (!of_client) continue;
    CAPTURE(spelling_of(row));
    CHECK(applies(row, Program::rtrelay, Verb::relay));
    CHECK(is_of_ends(row.ends));
  }
}

TEST_CASE("letters mean what they mean to curl, and what the manual says") {
  const std::map<char, std::string_view> expected = {
      {'H', "header"}, {'u', "user"},    {'k', "insecure"}, {'d', "data"},   {'o', "output"},
      {'q', "quiet"},  {'v', "verbose"}, {'V', "version"},  {'h', ""},       {'n', "count"},
      {'X', "method"}, {'J', "json"},    {'0', "null"},     {'F', "format"}, {'L', "location"},
      {'4', "ipv4"},   {'6', "ipv6"}};
  std::map<char, std::string_view> found;
  for (const OptionRow& row : option_table()) {
    if (row.letter != '\0') found[row.letter] = row.name;
  }
  CHECK(found == expected);
}

TEST_CASE("conflicts name options, both ways, that can be given together") {
  for (const OptionRow& row : option_table()) {
    if (row.conflicts.empty()) continue;
    for (const auto name : split(row.conflicts, ' ')) {
      CAPTURE(spelling_of(row));
      CAPTURE(name);
      const OptionRow* other = find_option(name);
      REQUIRE(other != nullptr);
      CHECK(other != &row);
      CHECK(other->name == name);
      CHECK(conflict(row, *other));
      const auto back = split(other->conflicts, ' ');
      CHECK(std::find(back.begin(), back.end(), row.name) != back.end());
      CHECK(std::any_of(kPrograms.begin(), kPrograms.end(), [&](Program program) {
        const auto verbs = verbs_of(program);
        return std::any_of(verbs.begin(), verbs.end(), [&](Verb verb) {
          return applies(row, program, verb) && applies(*other, program, verb);
        });
      }));
    }
  }
  CHECK_FALSE(conflict(*find_option("json"), *find_option("json")));
}

TEST_CASE("what an option needs is there with it") {
  for (const OptionRow& row : option_table()) {
    CAPTURE(spelling_of(row));
    if (!row.needs.empty()) CHECK(find_option(row.needs) != nullptr);
    for (const Program program : kPrograms) {
      for (const Verb verb : verbs_of(program)) {
        const OptionRow* needed = needed_by(row, program, verb);
        if (needed == nullptr || !applies(row, program, verb)) continue;
        CHECK(applies(*needed, program, verb));
        CHECK_FALSE(conflict(row, *needed));
      }
    }
  }
  CHECK(needed_by(*find_option("will-qos"), Program::rtmqtt, Verb::pub)->name == "will-topic");
  CHECK(needed_by(*find_option("user"), Program::rtrelay, Verb::serve)->name == "bus");
  CHECK(needed_by(*find_option("user"), Program::rtrelay, Verb::relay) == nullptr);
}

TEST_CASE("default_of: the keepalive's depends on the program") {
  const OptionRow& row = *find_option("keepalive");
  CHECK(default_of(row, Program::rtws) == show_duration(Options().keepalive));
  CHECK(default_of(row, Program::rtmqtt) == show_duration(Options().mqtt_keepalive));
  CHECK(default_of(row, Program::rtrelay) == "15s, over MQTT 1m");
  CHECK(default_of(*find_option("linger"), Program::rtws) == "1s");
  CHECK(default_of(*find_option("count"), Program::rtws).empty());
}

TEST_CASE("framing options exclude each other") {
  const std::array framing = {"null", "delimiter", "length-prefix", "json", "raw"};
  for (const char* a : framing) {
    for (const char* b : framing) {
      CAPTURE(a);
      CAPTURE(b);
      CHECK(conflict(*find_option(a), *find_option(b)) == (std::string_view(a) != b));
    }
  }
}

TEST_CASE("secrets are marked") {
  for (const char* name : {"user", "bearer", "header", "from", "bus", "proxy"}) {
    CHECK(find_option(name)->secret == Secret::yes);
  }
}

TEST_CASE("who has what") {
  struct Case {
    const char* option;
    Program program;
    Verb verb;
    bool expected;
  };
  const Case cases[] = {
      {"interval", Program::rtpoll, Verb::sub, true},
      {"interval", Program::rtsse, Verb::sub, false},
      {"last-event-id", Program::rtsse, Verb::pipe, true},
      {"last-event-id", Program::rtws, Verb::sub, false},
      {"echo", Program::rtws, Verb::serve, true},
      {"echo", Program::rtws, Verb::sub, false},
      {"echo", Program::rtsse, Verb::serve, false},
      {"data", Program::rtsse, Verb::pub, true},
      {"data", Program::rtsse, Verb::sub, true},
      {"data", Program::rtws, Verb::sub, false},
      {"history", Program::rtrelay, Verb::serve, true},
      {"count", Program::rtrelay, Verb::serve, false},
      {"count", Program::rtrelay, Verb::sub, false},
      {"count", Program::rtrelay, Verb::relay, true},
      {"count", Program::rtmqtt, Verb::pipe, true},
      {"qos", Program::rtmqtt, Verb::pub, true},
      {"qos", Program::rtrelay, Verb::relay, true},
      {"qos", Program::rtmqtt, Verb::serve, false},
      {"qos", Program::rtws, Verb::pub, false},
      {"topic", Program::rtmqtt, Verb::sub, true},
      {"topic", Program::rtmqtt, Verb::pub, false},
      {"retain", Program::rtmqtt, Verb::sub, false},
      {"header", Program::rtmqtt, Verb::sub, true},
      {"hub", Program::rtmqtt, Verb::pub, false},
      {"bearer", Program::rtmqtt, Verb::sub, false},
      {"since", Program::rtmqtt, Verb::sub, false},
      {"history", Program::rtmqtt, Verb::serve, false},
      {"history", Program::rtrelay, Verb::relay, true},
      {"keepalive", Program::rtmqtt, Verb::sub, true},
      {"keepalive", Program::rtsse, Verb::sub, false},
      {"user", Program::rtrelay, Verb::serve, true},
      {"user", Program::rtws, Verb::serve, false},
      {"bus", Program::rtrelay, Verb::serve, true},
      {"bus", Program::rtrelay, Verb::relay, false},
      {"map", Program::rtrelay, Verb::serve, false},
      {"max-message", Program::rtws, Verb::sub, true},
      {"max-message", Program::rtrelay, Verb::serve, true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.option);
    CHECK(applies(*find_option(c.option), c.program, c.verb) == c.expected);
  }
  CHECK(applies(*find_option("count"), Program::rtrelay));
  CHECK_FALSE(applies(*find_option("expect"), Program::rtrelay));
  CHECK(find_option("ping-interval") == find_option("keepalive"));
  CHECK(find_option("") == nullptr);
  CHECK(find_option("nonsense") == nullptr);
  CHECK(variable_of(*find_option("max-message")) == "RT_MAX_MESSAGE");
}

TEST_CASE("what the help shows as a default can be given as a value") {
  for (const OptionRow& row : option_table()) {
    if (row.binding.shown == nullptr) continue;
    CAPTURE(row.name);
    Options options;
    const std::string shown = row.binding.shown(options);
    CHECK(row.binding.apply(options, shown) == "");
    CHECK(row.binding.shown(options) == shown);
  }
}
