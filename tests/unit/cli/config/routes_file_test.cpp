#include "cli/config/routes_file.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace rt;
using namespace rt::cli;

namespace {

std::vector<std::string> faults_of(std::string_view text) {
  std::vector<Error> faults;
  (void)read_routes(text, "r.toml", "/home/me", faults);
  std::vector<std::string> out;
  for (const Error& fault : faults) out.push_back(fault.text());
  return out;
}

}  // namespace

TEST_CASE("routes file: what it says of each route and each end") {
  std::vector<Error> faults;
  const RoutesFile file = read_routes(
      "[defaults]\nqos = 1\n"
      "[routes.lab]\nfrom = '@broker/lab/#'\n"
      "to = ['exec:cat', {url = 'ws://h/x', hub = true}]\nretry-max-delay = '5s'\n"
      "[routes.'b-2.x']\nfrom = [{url = 'mqtt://a/x', client-id = 'me'}, 'mqtt://b/x']\n"
      "to = 'file:/tmp/x'\nrestart = 'always'\nqos = 2\n",
      "r.toml", "/home/me", faults);
  REQUIRE(faults.empty());
  REQUIRE(file.defaults.size() == 1);
  REQUIRE(file.routes.size() == 2);
  const FileRoute& lab = file.routes[0];
  CHECK(lab.name == "lab");
  CHECK(lab.place.line == 3);
  REQUIRE(lab.from.size() == 1);
  CHECK(lab.from[0].address == "@broker/lab/#");
  REQUIRE(lab.to.size() == 2);
  CHECK(lab.to[0].settings.empty());
  CHECK(lab.to[1].address == "ws://h/x");
  REQUIRE(lab.to[1].settings.size() == 1);
  CHECK(lab.to[1].settings[0].row->name == "hub");
  CHECK(lab.restart == Restart::on_failure);
  REQUIRE(lab.settings.size() == 1);
  const FileRoute& other = file.routes[1];
  CHECK(other.restart == Restart::always);
  REQUIRE(other.from.size() == 2);
  CHECK(other.from[0].settings[0].row->name == "client-id");
}

TEST_CASE("routes file: every fault has its place") {
  struct Row {
    std::string_view text;
    std::string_view fault;
  };
  const std::vector<Row> rows = {
      {"[routes.a\n", "r.toml:1:10: "},
      {"", "r.toml: no route: write [routes.NAME] with from and to"},
      {"[endpoints]\n", "r.toml:1:2: unknown table [endpoints]"},
      {"[routes.a]\nto = 'exec:x'\n", "r.toml:1:9: [routes.a] from is missing"},
      {"[routes.a]\nfrom = 'exec:x'\n", "r.toml:1:9: [routes.a] to is missing"},
      {"[routes.a]\nfrom = 1\nto = 'exec:x'\n", "r.toml:2:1: [routes.a] from must be a URL"},
      {"[routes.a]\nfrom = 'exec:x'\nto = [ {hub = true} ]\n",
       "r.toml:3:8: [routes.a] to: url is missing"},
      {"[routes.a]\nfrom = '-'\nto = 'exec:x'\n",
       "r.toml:2:1: [routes.a] from: stdin is no source"},
      {"[routes.a]\nfrom = 'exec:x'\nto = 'exec:y'\nqos = 5\n",
       "r.toml:4:1: [routes.a] qos = 5: must be 0, 1 or 2"},
      {"[routes.a]\nfrom = 'exec:x'\nto = 'exec:y'\ncolour = 5\n",
       "r.toml:4:1: [routes.a] unknown key colour"},
      {"[routes.a]\nfrom = 'exec:x'\nto = 'exec:y'\nstats-json = 'x'\n",
       "r.toml:4:1: [routes.a] stats-json is of the whole run: rtrelay run --stats-json"},
      {"[routes.a]\nfrom = 'exec:x'\nto = {url = 'exec:y', both = true}\n",
       "r.toml:3:23: [routes.a] both is no option of one end: put it below the route"},
      {"[routes.a]\nfrom = 'exec:x'\nto = 'exec:y'\npassword = 'geheim'\n",
       "r.toml:4:1: [routes.a] unknown key password: passwords belong to endpoints"},
      {"[routes.a]\nfrom = 'exec:x'\nto = 'exec:y'\nrestart = true\n",
       "r.toml:4:1: [routes.a] restart must be"},
      {"[routes.'a b']\nfrom = 'exec:x'\nto = 'exec:y'\n",
       "r.toml:1:9: \"a b\" cannot be a route's name"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto faults = faults_of(row.text);
    REQUIRE(faults.size() == 1);
    CHECK(faults[0].substr(0, row.fault.size()) == row.fault);
    CHECK(faults[0].find("geheim") == std::string::npos);
  }
}

TEST_CASE("routes file: all faults at once, and no text makes it fall") {
  const std::string text =
      "[defaults]\nqos = 9\n[routes.a]\nfrom = 1\nto = ['exec:x', 2]\ncolour = 1\n";
  CHECK(faults_of(text).size() == 4);
  for (std::size_t cut = 0; cut < text.size(); ++cut) (void)faults_of(text.substr(0, cut));
}
