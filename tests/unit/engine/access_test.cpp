#include "engine/access.hpp"

#include <doctest/doctest.h>

namespace rt {
namespace {

TEST_CASE("the host of an authority") {
  const struct {
    const char* authority;
    const char* host;
  } rows[] = {
      {"example.com", "example.com"},
      {"Example.COM:8080", "example.com"},
      {"example.com.", "example.com"},
      {"example.com.:80", "example.com"},
      {"127.0.0.1:1", "127.0.0.1"},
      {"[::1]", "::1"},
      {"[FE80::1]:8080", "fe80::1"},
      {"[::1", ""},
      {"", ""},
      {":80", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.authority);
    CHECK(host_name(row.authority) == row.host);
  }
}

TEST_CASE("Host: an address, localhost, or one of those allowed") {
  AccessPolicy::Options options;
  options.allow_hosts = {"hub.example", "Other.Example:99"};
  const AccessPolicy policy(options);
  const struct {
    const char* host;
    bool allowed;
  } rows[] = {
      {"localhost", true},      {"LocalHost:8080", true},
      {"localhost.", true},     {"app.localhost", true},
      {"127.0.0.1", true},      {"192.168.1.7:8080", true},
      {"[::1]:8080", true},     {"[fe80::1]", true},
      {"hub.example", true},    {"HUB.example:8080", true},
      {"other.example", true},  {"", true},  // HTTP/1.0: no browser
      {"evil.example", false},  {"localhost.evil.example", false},
      {"evillocalhost", false}, {"127.0.0.1.evil.example", false},
      {"127.0.0", false},       {"127.1", false},
      {"127.0.0.256", false},   {"0127.0.0.1", false},
      {"127.0.0.1x", false},    {"sub.hub.example", false},
      {"example", false},       {"1.2.3.4.5", false},
      {"2130706433", false},    {"[evil.example]", false},
      {"[::1", false},          {"[1.2.3.4]", false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.host);
    CHECK(policy.host_allowed(row.host) == row.allowed);
  }
}

TEST_CASE("Origin: the Host's own, or listed") {
  AccessPolicy::Options options;
  options.allow_origins = {"https://app.example", "http://dev.example:3000"};
  const AccessPolicy policy(options);
  const struct {
    const char* origin;
    const char* host;
    bool allowed;
    bool cors;
  } rows[] = {
      {"", "localhost:8080", true, false},
      {"http://localhost:8080", "localhost:8080", true, false},
      {"https://localhost:8080", "localhost:8080", true, false},
      {"HTTP://LOCALHOST:8080", "LocalHost:8080", true, false},
      {"http://hub.example", "hub.example", true, false},
      {"http://hub.example", "hub.example:80", true, false},
      {"http://hub.example:80", "hub.example", true, false},
      {"https://hub.example", "hub.example:443", true, false},
      {"http://[::1]:8080", "[::1]:8080", true, false},
      {"https://app.example", "localhost:8080", true, true},
      {"HTTPS://App.Example", "localhost:8080", true, true},
      {"http://dev.example:3000", "localhost:8080", true, true},
      {"http://app.example", "localhost:8080", false, false},
      {"https://app.example:8443", "localhost:8080", false, false},
      {"https://app.example.evil.example", "localhost:8080", false, false},
      {"http://dev.example", "localhost:8080", false, false},
      {"http://localhost", "localhost:8080", false, false},
      {"http://localhost:80801", "localhost:8080", false, false},
      {"http://hub.example:443", "hub.example", false, false},
      {"https://hub.example", "hub.example:80", false, false},
      {"http://evil.example", "hub.example", false, false},
      {"null", "localhost:8080", false, false},
      {"null", "null", false, false},
      {"file://", "localhost:8080", false, false},
      {"file://localhost:8080", "localhost:8080", false, false},
      {"chrome-extension://abc", "abc", false, false},
      {"localhost:8080", "localhost:8080", false, false},
      {"http://localhost:8080/", "localhost:8080", false, false},
      {"http://", "", false, false},
  };
  for (const auto& row : rows) {
    CAPTURE(row.origin);
    CAPTURE(row.host);
    CHECK(policy.origin_allowed(row.origin, row.host) == row.allowed);
    CHECK(policy.cors_allowed(row.origin) == row.cors);
    CHECK(policy.names_origin(row.origin) == row.cors);
  }
}

TEST_CASE("* allows every origin but null") {
  AccessPolicy::Options options;
  CHECK_FALSE(AccessPolicy(options).has_cors());
  options.allow_origins = {"*"};
  const AccessPolicy policy(options);
  CHECK(policy.has_cors());
  CHECK(policy.origin_allowed("https://any.example", "localhost"));
  CHECK(policy.cors_allowed("https://any.example"));
  CHECK_FALSE(policy.names_origin("https://any.example"));
  CHECK_FALSE(policy.origin_allowed("null", "localhost"));
  CHECK_FALSE(policy.cors_allowed("null"));
  CHECK_FALSE(policy.cors_allowed(""));
}

}  // namespace
}  // namespace rt
