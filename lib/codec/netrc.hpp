#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rt {

struct NetrcLogin {
  std::string user;
  std::string password;
};

// What a .netrc file has for `host` (or for all: "default"): the first entry with a password that
// is `user`'s, or anybody's where `user` is empty. Words in double quotes have \", \\, \n, \r and
// \t; macros and what begins with # are passed over.
std::optional<NetrcLogin> find_in_netrc(std::string_view text, std::string_view host,
                                        std::string_view user);

}  // namespace rt
