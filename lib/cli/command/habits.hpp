#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command/line.hpp"

// Command lines that can be read, but were meant otherwise: what an option means in other programs,
// and values that stand in the wrong place.
namespace rt::cli {

// "-q 1" and "-k 30" as Mosquitto's clients take them: what to write instead.
std::optional<std::string> other_meaning(Program program, std::optional<Verb> verb,
                                         const std::vector<std::string>& arguments);

// "-V mqttv5", which is no question for the version: what to write instead.
std::optional<std::string> other_version(Program program,
                                         const std::vector<std::string>& arguments);

// "--long 10s": what to write instead of an option whose value needs "=" and has a space.
std::optional<std::string> detached_value(Program program,
                                          const std::vector<std::string>& arguments);

// "--retry 5 URL" and "--json '{}' URL": what to write instead of a word in the URL's place that
// was meant as the value of an option that takes none.
std::optional<std::string> unwanted_value(Program program, std::optional<Verb> verb,
                                          const CommandLine& line);

// "-H=A:b": what to write instead of a letter with an equals sign before its value. nullopt: there
// is none, or the value may begin with one.
std::optional<std::string> equals_behind_letter(const CommandLine& line);

// For a line without a URL: which option has taken it for its value. nullopt: none has.
std::optional<std::string> swallowed_url(const CommandLine& line);

// "ws-l:127.0.0.1:8080", websocat's address of a server.
bool is_listener(std::string_view text);

// Whether it can hardly be meant as anything but an address: "ws://h/x", ":8080/x", "localhost/x".
// Names of files and "user:password" are none.
bool is_plainly_address(std::string_view text);

}  // namespace rt::cli
