#include "codec/dialect_signs.hpp"

#include <algorithm>
#include <array>

namespace rt {
namespace {

constexpr std::string_view kSocketIo = "socket.io";
constexpr std::string_view kGraphql = "graphql-ws";
constexpr std::string_view kStomp = "stomp:DESTINATION";

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// A frame of STOMP that a server sends, whole.
bool is_stomp(std::string_view text) {
  constexpr std::array<std::string_view, 2> kCommands = {"CONNECTED\n", "ERROR\n"};
  if (std::none_of(kCommands.begin(), kCommands.end(),
                   [&](std::string_view command) { return text.starts_with(command); }))
    return false;
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.ends_with('\0') && has(text, "\n\n");
}

}  // namespace

std::string_view dialect_of_greeting(std::string_view text) {
  if (text.starts_with(R"(0{"sid":")") && has(text, R"("pingInterval":)")) return kSocketIo;
  return is_stomp(text) ? kStomp : std::string_view();
}

std::string_view dialect_of_refusal(std::string_view body) {
  // A handshake's refusal has the text alone.
  constexpr std::array<std::string_view, 2> kTexts = {"Transport unknown",
                                                      "Unsupported protocol version"};
  const bool engine = std::any_of(kTexts.begin(), kTexts.end(), [&](std::string_view text) {
    return body == text || (body.starts_with(R"({"code":)") &&
                            has(body, R"("message":")" + std::string(text) + '"'));
  });
  return engine ? kSocketIo : std::string_view();
}

// As the library graphql-ws says it.
std::string_view dialect_of_close(std::uint16_t code, std::string_view reason) {
  if (code == 4406 && reason == "Subprotocol not acceptable") return kGraphql;
  if (code == 4408 && reason == "Connection initialisation timeout") return kGraphql;
  return {};
}

std::string hint_at_dialect(std::string_view protocol, std::string_view option) {
  if (protocol.empty()) return {};
  const std::string_view name = protocol == kSocketIo  ? "Socket.IO"
                                : protocol == kGraphql ? "GraphQL"
                                                       : "STOMP";
  return "this looks like " + std::string(name) + ": " + std::string(option) + " " +
         std::string(protocol);
}

}  // namespace rt
