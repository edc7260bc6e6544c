// The first two bytes of an input are sizes of pieces, in turns, the third the kind of stream and
// its limit; the rest is a stream of JSON values. However it is cut, the same must come of it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_stream.hpp"

namespace {

template <class NextSize>
std::vector<std::string> decode(std::string_view stream, rt::JsonStream decoder,
                                NextSize next_size) {
  std::vector<std::string> values;
  const auto take = [&] {
    while (auto value = decoder.next()) values.push_back(value->too_long ? "" : value->text);
  };
  while (!stream.empty()) {
    const std::size_t size = std::min<std::size_t>(stream.size(), next_size());
    if (!decoder.receive(stream.substr(0, size))) std::abort();
    stream.remove_prefix(size);
    take();
  }
  decoder.end();
  take();
  return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 3, size - 3);
  constexpr rt::JsonStreamKind kKinds[] = {rt::JsonStreamKind::lines, rt::JsonStreamKind::sequence,
                                           rt::JsonStreamKind::values};
  const std::size_t most = data[2] < 128 ? 8 : 1000;
  const rt::JsonStream fresh(kKinds[data[2] % 3], most);
  const auto whole = decode(stream, fresh, [&] { return stream.size(); });
  const auto single = decode(stream, fresh, [] { return std::size_t{1}; });
  bool odd = false;
  const auto pieces = decode(stream, fresh, [&] {
    odd = !odd;
    return std::size_t{1} + (odd ? data[0] : data[1]);
  });
  if (single != whole || pieces != whole) std::abort();
  for (const std::string& value : whole)
    if (value.size() > most) std::abort();
  return 0;
}
