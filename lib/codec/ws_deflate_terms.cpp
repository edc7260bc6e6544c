#include "codec/ws_deflate_terms.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/ws_extensions.hpp"

namespace rt::ws {
namespace {

constexpr std::string_view kName = "permessage-deflate";
constexpr std::string_view kServerNoTakeover = "server_no_context_takeover";
constexpr std::string_view kClientNoTakeover = "client_no_context_takeover";
constexpr std::string_view kServerBits = "server_max_window_bits";
constexpr std::string_view kClientBits = "client_max_window_bits";

// What one element of the field says; `bits` that are not there stay 0.
struct Said {
  bool server_no_takeover = false;
  bool client_no_takeover = false;
  bool client_bits_named = false;
  std::uint8_t server_bits = 0;
  std::uint8_t client_bits = 0;
};

// 8 to 15, without leading zeros; else 0.
std::uint8_t window_bits(std::string_view text) {
  const auto number = parse_uint(text);
  if (!number || *number < 8 || *number > kMostWindowBits || text.front() == '0') return 0;
  return static_cast<std::uint8_t>(*number);
}

// Nothing for a parameter that is unknown, comes twice, or has no value that it may have.
std::optional<Said> read(const Extension& extension) {
  Said said;
  for (const auto& [name, value] : extension.parameters) {
    const std::uint8_t bits = value ? window_bits(*value) : std::uint8_t{0};
    bool fine = false;
    if (name == kServerNoTakeover) {
      fine = !value && !std::exchange(said.server_no_takeover, true);
    } else if (name == kClientNoTakeover) {
      fine = !value && !std::exchange(said.client_no_takeover, true);
    } else if (name == kServerBits) {
      fine = bits > 0 && std::exchange(said.server_bits, bits) == 0;
    } else if (name == kClientBits) {
      fine = (bits > 0 || !value) && !std::exchange(said.client_bits_named, true);
      said.client_bits = bits;
    }
    if (!fine) return std::nullopt;
  }
  return said;
}

void append_bits(std::string& out, std::string_view name, std::uint8_t bits) {
  if (bits >= kMostWindowBits) return;
  out += "; ";
  out += name;
  out += '=';
  out += std::to_string(bits);
}

std::string in_words(const DeflateTerms& terms) {
  std::string out(kName);
  if (terms.server_no_context_takeover) out += "; " + std::string(kServerNoTakeover);
  if (terms.client_no_context_takeover) out += "; " + std::string(kClientNoTakeover);
  append_bits(out, kServerBits, terms.server_max_window_bits);
  append_bits(out, kClientBits, terms.client_max_window_bits);
  return out;
}

Error refusal(std::string_view what) {
  return Error(Fault::protocol, "the server chose " + std::string(what));
}

}  // namespace

DeflateTerms accept_deflate(std::string_view offers, const DeflateTerms& wishes) {
  const auto extensions = wishes.on ? parse_extensions(offers) : std::nullopt;
  if (!extensions) return {};
  for (const Extension& extension : *extensions) {
    if (extension.name != kName) continue;
    const auto offered = read(extension);
    if (!offered) continue;
    DeflateTerms agreed = wishes;
    agreed.server_no_context_takeover |= offered->server_no_takeover;
    agreed.client_no_context_takeover |= offered->client_no_takeover;
    if (offered->server_bits > 0)
      agreed.server_max_window_bits = std::min(agreed.server_max_window_bits, offered->server_bits);
    if (!offered->client_bits_named) agreed.client_max_window_bits = kMostWindowBits;
    if (offered->client_bits > 0)
      agreed.client_max_window_bits = std::min(agreed.client_max_window_bits, offered->client_bits);
    return agreed;
  }
  return {};
}

std::string deflate_answer(const DeflateTerms& agreed) {
  return agreed.on ? in_words(agreed) : std::string();
}

std::string deflate_offer(const DeflateTerms& wishes) {
  if (!wishes.on) return {};
  std::string out = in_words(wishes);
  if (wishes.client_max_window_bits == kMostWindowBits) out += "; " + std::string(kClientBits);
  return out;
}

Result<DeflateTerms> check_deflate_answer(std::string_view answer, const DeflateTerms& wishes) {
  if (trim(answer).empty()) return DeflateTerms{};
  const auto extensions = parse_extensions(answer);
  if (!extensions) return refusal("extensions in a malformed list");
  for (const Extension& extension : *extensions)
    if (!wishes.on || extension.name != kName) return refusal("an extension that was not offered");
  if (extensions->size() > 1) return refusal("an extension twice");
  const auto said = read(extensions->front());
  if (!said || (said->client_bits_named && said->client_bits == 0))
    return refusal("compression with wrong parameters");
  DeflateTerms agreed = wishes;
  agreed.server_no_context_takeover = said->server_no_takeover;
  agreed.client_no_context_takeover |= said->client_no_takeover;
  agreed.server_max_window_bits = said->server_bits > 0 ? said->server_bits : kMostWindowBits;
  if (said->client_bits > 0)
    agreed.client_max_window_bits = std::min(agreed.client_max_window_bits, said->client_bits);
  if (agreed.server_max_window_bits > wishes.server_max_window_bits ||
      (wishes.server_no_context_takeover && !agreed.server_no_context_takeover))
    return refusal("compression that needs more memory than was offered");
  return agreed;
}

}  // namespace rt::ws
