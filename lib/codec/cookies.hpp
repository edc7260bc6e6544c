#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
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
// other of its domain; one that was read from a file goes where the file says.
class Cookies {
 public:
  static constexpr std::size_t kMost = 50;
  static constexpr std::size_t kLongest = 4096;  // name and value

  // Takes the value of a Set-Cookie. What breaks a rule, is too long or is one too many is left
  // out.
  void store(std::string_view set_cookie, const CookiePlace& from, std::int64_t unix_now);
  // Takes the lines of a file in Netscape's format, as curl keeps its cookies: what is none of them
  // is left out.
  void read(std::string_view file, std::int64_t unix_now);
  // A file of all that have not expired.
  std::string file(std::int64_t unix_now) const;
  // The value of Cookie, or nothing. `own` is what the user gives: it stands in front, and its
  // names win.
  std::string value_for(const CookiePlace& to, std::int64_t unix_now, std::string_view own) const;

 private:
  struct Cookie {
    std::string host, path, name, value;
    bool secure = false;
    bool http_only = false;
    bool whole_domain = false;  // the host and those below it
    std::int64_t expires = std::numeric_limits<std::int64_t>::max();
  };
  static bool goes_to(const Cookie& cookie, const CookiePlace& to);
  static std::optional<Cookie> parse_line(std::string_view line);
  void put(Cookie cookie, std::int64_t unix_now);
  static bool apply_attribute(Cookie& cookie, std::string_view name, std::string_view value,
                              std::int64_t unix_now);

  std::size_t most_ = kMost;
  std::vector<Cookie> cookies_;
};

}  // namespace rt::http
