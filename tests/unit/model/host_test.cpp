#include "model/host.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace rt;

TEST_CASE("host: addresses and loopback") {
  struct Row {
    std::string host;
    bool v4;
    bool v6;
    bool loopback;
  };
  const Row rows[] = {
      {"127.0.0.1", true, false, true},
      {"127.255.0.9", true, false, true},
      {"0.0.0.0", true, false, false},
      {"255.255.255.255", true, false, false},
      {"12.7.0.1", true, false, false},
      {"256.0.0.1", false, false, false},
      {"127.0.0.01", false, false, false},
      {"127.0.1", false, false, false},
      {"127.0.0.1.", false, false, false},
      {"127.0.0.1.evil.example", false, false, false},
      {"127..0.1", false, false, false},
      {"127.0.0.-1", false, false, false},
      {"2130706433", false, false, false},
      {"0x7f.0.0.1", false, false, false},
      {"::1", false, true, true},
      {"0:0:0:0:0:0:0:1", false, true, true},
      {"0000:0000::0001", false, true, true},
      {"::0.0.0.1", false, true, true},
      {"::", false, true, false},
      {"::2", false, true, false},
      {"1::", false, true, false},
      {"1::1", false, true, false},
      {"::1:1", false, true, false},
      {"::ffff:127.0.0.1", false, true, true},
      {"::FFFF:7f01:203", false, true, true},
      {"::ffff:128.0.0.1", false, true, false},
      {"::ffff:7f", false, true, false},
      {"::7f00:1", false, true, false},
      {"1::ffff:127.0.0.1", false, true, false},
      {"2001:db8::8:800:200c:417a", false, true, false},
      {"1:2:3:4:5:6:7:8", false, true, false},
      {"1:2:3:4:5:6:7::", false, true, false},
      {"::2:3:4:5:6:7:8", false, true, false},
      {"1:2:3:4:5:6:1.2.3.4", false, true, false},
      {"1:2:3:4:5:6:7", false, false, false},
      {"1:2:3:4:5:6:7:8:9", false, false, false},
      {"1:2:3:4::5:6:7:8", false, false, false},
      {"1:2:3:4:5:6:7:1.2.3.4", false, false, false},
      {"1.2.3.4::", false, false, false},
      {"::1.2.3.4:5", false, false, false},
      {":::", false, false, false},
      {"::1::", false, false, false},
      {":1", false, false, false},
      {"1:", false, false, false},
      {"::g", false, false, false},
      {"::12345", false, false, false},
      {"::+1", false, false, false},
      {"::0x1", false, false, false},
      {"[::1]", false, false, false},
      {"::1%lo", false, false, false},
      {"localhost", false, false, true},
      {"LocalHost", false, false, true},
      {"localhost.", false, false, true},
      {"localhost.example", false, false, false},
      {"*", false, false, false},
      {"", false, false, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.host);
    CHECK(is_ipv4(row.host) == row.v4);
    CHECK(is_ipv6(row.host) == row.v6);
    CHECK(is_loopback(row.host) == row.loopback);
  }
}
