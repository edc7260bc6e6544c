#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "codec/http_fields.hpp"
#include "codec/http_request.hpp"
#include "engine/access.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// What publishers send is hostile: no guessing of types, no scripts. Every answer of a channel
// carries these.
inline constexpr http::Field kGuard[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Content-Security-Policy", "sandbox; default-src 'none'"},
    // A page of another origin that does not ask (a script, an image) gets nothing.
    {"Cross-Origin-Resource-Policy", "same-origin"},
};

// The methods that a channel knows.
inline constexpr http::Field kAllow{"Allow", "GET, HEAD, POST, PUT, OPTIONS"};

// What all answers of a hub have in common.
class Answers {
 public:
  explicit Answers(const AccessPolicy& access) : access_(access) {}

  // True when answers differ by the request's Origin.
  bool has_cors() const { return access_.has_cors(); }
  // The fields by which a page of another origin may read the answer to this request.
  void add_cors(const http::Request& request, http::Fields& fields) const;
  // To a request of OPTIONS.
  void preflight(Exchange& exchange) const;

  // Problem details (RFC 9457), without the fields for other origins.
  static Response problem(int status, std::string_view detail,
                          std::initializer_list<http::Field> more_fields = {});
  // The same as the exchange's answer, while its request lasts.
  void refuse(Exchange& exchange, int status, std::string_view detail,
              std::initializer_list<http::Field> more_fields = {}) const;

 private:
  const AccessPolicy& access_;
};

// Of a publication that was not taken.
Response not_taken(const Error& why);

}  // namespace rt
