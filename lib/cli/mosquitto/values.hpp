#pragma once

#include <string>
#include <string_view>

#include "cli/mosquitto/table.hpp"

// The values of Mosquitto's options. What is wrong with one is given with its newlines; empty when
// nothing is.
namespace rt::cli::mosquitto {

using Draft = MosquittoDraft;
using Input = MosquittoCommand::Input;

inline constexpr char kNothingWrong[] = "";

// As atoi() and atof() read them, which is what these clients do.
int number_of(const std::string& text);
double fraction_of(const std::string& text);

std::string fault_of_text(const std::string& text, std::string_view where);
// A topic to publish to, and a filter; `kind` is what the error calls it.
std::string fault_of_name(const std::string& topic, std::string_view kind);
std::string fault_of_mask(const std::string& filter, std::string_view kind);

std::string take_input(Draft& draft, Input input);
std::string take_topic(Draft& draft, const std::string& topic, std::string_view where);
std::string take_url(Draft& draft, const std::string& text);
std::string take_keepalive(Draft& draft, const std::string& text);
std::string take_expiry(Draft& draft, const std::string& text);
std::string take_version(Draft& draft, const std::string& text);
std::string take_format(Draft& draft, const std::string& text);
std::string take_proxy(Draft& draft, const std::string& text);
// What is only told when the line is right: these clients say so, too, when they set it up.
std::string cannot(Draft& draft, std::string_view option, std::string_view why);

}  // namespace rt::cli::mosquitto
