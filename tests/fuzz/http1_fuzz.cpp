// The first two bytes of an input are sizes of pieces, in turns; the rest is what a client sends.
// However it is cut, the decoder must make the same of it.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "unit/codec/http1_transcript.hpp"

namespace {

void check(std::string_view input, const rt::http1::Limits& limits, std::size_t first,
           std::size_t second) {
  const auto whole = rt::test::http1_transcript(input, limits, [&] { return input.size(); });
  const auto single = rt::test::http1_transcript(input, limits, [] { return std::size_t{1}; });
  bool odd = false;
  const auto pieces = rt::test::http1_transcript(input, limits, [&] {
    odd = !odd;
    return odd ? first : second;
  });
  if (single.full == whole.full && pieces.full == whole.full) return;
  std::fprintf(stderr, "whole:\n%s\nbyte by byte:\n%s\nin pieces:\n%s\n", whole.full.c_str(),
               single.full.c_str(), pieces.full.c_str());
  std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const rt::http1::Limits usual;
  rt::http1::Limits narrow;
  narrow.max_head = 128;
  narrow.max_target = 16;
  narrow.max_headers = 4;
  narrow.max_body = 24;
  for (const rt::http1::Limits* limits : {&usual, static_cast<const rt::http1::Limits*>(&narrow)}) {
    check(input, *limits, data[0], data[1]);
  }
  return 0;
}
