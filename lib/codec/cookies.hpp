#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace rt::http {

// Where a request goes to.
struct CookiePlace {
  std::string_view host;
  bool secure = false;
  std::string_view path = "/";  // without a query
};

// The cookies of a run (RFC 6265), bounded. Each goes back to the very host that has set it, to no
// other of its domain.
class Cookies {
 public:
  static constexpr std::size_t kMost = 50;
  static constexpr std::size_t kLongest = 4096;  // name and value

  // Takes the value of a Set-Cookie. What breaks a rule, is too long or is one too many is left
  // out.
  void store(std::string_view set_cookie, const CookiePlace& from, std::int64_t unix_now);
  // The value of Cookie, or nothing. `own` is what the user gives: it stands in front, and its
  // names win.
  std::string value_for(const CookiePlace& to, std::int64_t unix_now, std::string_view own) const;

 private:
  struct Cookie {
    std::string host, path, name, value;
    bool secure = false;
    std::int64_t expires = std::numeric_limits<std::int64_t>::max();
  };
  static bool apply_attribute(Cookie& cookie, std::string_view name, std::string_view value,
                              std::int64_t unix_now);

  std::vector<Cookie> cookies_;
};

}  // namespace rt::http
