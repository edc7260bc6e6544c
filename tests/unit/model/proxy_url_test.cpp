#include "model/proxy_url.hpp"

#include <doctest/doctest.h>

namespace rt {

TEST_CASE("a proxy's URL: what it may be, and how it is shown") {
  const struct {
    const char *url, *fault, *shown;
    bool login = false;
  } rows[] = {
      {"p", "", "p:1080"},
      {"p:8080/", "", "p:8080"},
      {"http://u:p%40w@[::1]:3128/", "", "[::1]:3128", true},
      {"http://u:p@w@h:1", "", "h:1", true},
      {"https://p", "", "https://p:443"},
      {"SOCKS5h://u:p@p", "", "socks5h://p:1080", true},
      {"socks4a://p:1", "", "socks4a://p:1"},
      {"gopher://u:s3cret@p:1", "'gopher' is not spoken, only http, https and SOCKS",
       "gopher://p:1", true},
      {"http://s3cret%zz@p:1", "the proxy's user and password cannot be read", "p:1", true},
      {"http://", "not a proxy such as http://HOST:PORT", ":1080"},
      {"http://u:s3cret@:1", "not a proxy such as http://HOST:PORT", ":1", true},
      {"http://a b", "not a proxy such as http://HOST:PORT", "a b"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.url);
    const Result<void> checked = check_proxy_url(row.url);
    CHECK((checked ? "" : checked.error().text()) == row.fault);
    if (!checked) CHECK(checked.error().fault() == Fault::usage);
    CHECK(shown_proxy(row.url) == row.shown);
    CHECK(has_login(row.url) == row.login);
  }
  CHECK_FALSE(check_proxy_url("p:99999"));
  CHECK(shown_proxy("").empty());
}

}  // namespace rt
