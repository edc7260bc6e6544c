// The first two bytes of an input are sizes of pieces, in turns; the rest is a stream of MQTT
// packets. However it is cut, the splitter must make the same of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/mqtt_packet.hpp"

namespace {

struct Outcome {
  std::vector<std::string> packets;
  std::vector<std::size_t> omitted;  // of each
  bool failed = false;

  bool operator==(const Outcome&) const = default;
};

void require(bool holds) {
  if (!holds) std::abort();
}

template <class NextSize>
Outcome split(std::string_view stream, std::size_t most, NextSize next_size) {
  rt::mqtt::PacketSplitter splitter(most);
  Outcome outcome;
  while (!stream.empty() && !outcome.failed) {
    const std::size_t size = std::min<std::size_t>(stream.size(), next_size());
    // A copy, so that a view that outlives it is noticed.
    const std::string piece(stream.substr(0, size));
    stream.remove_prefix(size);
    splitter.receive(piece);
    while (const auto packet = splitter.next()) {
      // Of a PUBLISH at least topic and identifier.
      const bool publish = packet->type == rt::mqtt::PacketType::publish;
      require(packet->bytes.size() <= (publish ? most + 65'536 + 10 : most));
      require(packet->bytes.size() >= packet->body.size() + 2);
      (void)rt::mqtt::packet_id(*packet);
      (void)rt::mqtt::reason_code(*packet);
      outcome.packets.emplace_back(packet->bytes);
      outcome.omitted.push_back(packet->omitted);
    }
    outcome.failed = !splitter.status();
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  for (const std::size_t most : {std::size_t{16} << 20, std::size_t{8}}) {
    const Outcome whole = split(stream, most, [&] { return stream.size(); });
    const Outcome single = split(stream, most, [] { return std::size_t{1}; });
    bool odd = false;
    const Outcome pieces = split(stream, most, [&] {
      odd = !odd;
      return std::size_t{1} + (odd ? data[0] : data[1]);
    });
    require(single == whole && pieces == whole);
    if (!whole.failed) {
      std::string_view rest = stream;
      for (std::size_t i = 0; i < whole.packets.size(); ++i) {
        require(rest.starts_with(whole.packets[i]));
        const std::size_t all = whole.packets[i].size() + whole.omitted[i];
        require(all <= rest.size());
        rest.remove_prefix(all);
      }
    }
  }
  return 0;
}
