#include "codec/engine_io.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/json_parts.hpp"

namespace rt {
namespace {

constexpr char kBetween = '\x1e';
constexpr char kBytes = 'b';
constexpr std::size_t kMostSession = 1024;

}  // namespace

std::optional<DialectFrame> take_engine_io_packet(std::string_view& body) {
  const std::string_view packet = body.substr(0, body.find(kBetween));
  body.remove_prefix(std::min(packet.size() + 1, body.size()));
  if (!packet.starts_with(kBytes)) return DialectFrame{PayloadKind::text, std::string(packet)};
  auto bytes = base64_decode(packet.substr(1));
  if (!bytes) return std::nullopt;
  return DialectFrame{PayloadKind::binary, *std::move(bytes)};
}

void append_engine_io_packet(std::string& body, const DialectFrame& packet) {
  if (!body.empty()) body += kBetween;
  if (packet.kind == PayloadKind::binary)
    body += kBytes + base64_encode(packet.payload);
  else
    body += packet.payload;
}

std::optional<EngineIoOpening> read_engine_io_opening(std::string_view packet) {
  if (!packet.starts_with('0') || !is_json(packet.substr(1))) return std::nullopt;
  const std::string_view json = packet.substr(1);
  EngineIoOpening out;
  out.session = json_text(json_member(json, "sid"));
  if (out.session.empty() || out.session.size() > kMostSession) return std::nullopt;
  out.most = static_cast<std::size_t>(
      std::min<std::uint64_t>(parse_uint(json_member(json, "maxPayload")).value_or(0), SIZE_MAX));
  return out;
}

}  // namespace rt
