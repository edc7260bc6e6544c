#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cli/mosquitto/command.hpp"

// Every option of Mosquitto's clients: parsing, --help and the manual's table come from it.
namespace rt::cli {

// A line as far as it has been read, with what is only known at its end.
struct MosquittoDraft {
  MosquittoCommand command;
  std::string host = "localhost";
  std::optional<int> port;
  std::optional<std::string> id_prefix;
  std::optional<std::int64_t> expiry;  // -1: not said
  bool tls = false;                    // by a URL, or --tls-use-os-certs
  bool will_payload = false;
  std::string key_form;
  std::optional<std::string> psk;  // in hexadecimal
  std::optional<std::string> psk_identity;
  std::string unsupported;  // an option that this program cannot do, with the reason
};

inline constexpr unsigned kOfPub = 1u << static_cast<unsigned>(MosquittoTool::pub);
inline constexpr unsigned kOfSub = 1u << static_cast<unsigned>(MosquittoTool::sub);
inline constexpr unsigned kOfRr = 1u << static_cast<unsigned>(MosquittoTool::rr);
inline constexpr unsigned kOfAllTools = kOfPub | kOfSub | kOfRr;

struct MosquittoRow {
  std::string_view name = {};    // "-A", "--cafile"
  std::string_view longer = {};  // "--host"; or empty
  unsigned tools = kOfAllTools;
  std::string_view missing = {};  // "no address specified"; empty: it takes no value
  std::string_view value = {};    // what the help calls the value
  std::string_view meaning = {};  // what it does here, for the help and the manual
  // Gives what is wrong, with its newlines; empty when nothing is.
  std::string (*apply)(MosquittoDraft& draft, const std::string& value) = nullptr;
  std::string_view called = {};  // in the error about a missing value, if not as `name`
};

std::span<const MosquittoRow> mosquitto_rows();

// -D, whose values are two or three. Takes them off the front of `rest`; gives what is wrong.
std::string apply_mosquitto_property(MosquittoDraft& draft, std::span<const std::string>& rest);

// --help.
std::string mosquitto_usage(MosquittoTool tool);

}  // namespace rt::cli
