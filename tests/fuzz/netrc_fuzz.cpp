// A .netrc file.
#include "codec/netrc.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using rt::fuzz::require;
  const std::string_view text = rt::fuzz::text(data, size);
  for (const std::string_view user : {std::string_view(), std::string_view("me")}) {
    const auto login = rt::find_in_netrc(text, "h.example", user);
    if (!login) continue;
    require(!login->user.empty());
    require(user.empty() || login->user == user);
  }
  return 0;
}
