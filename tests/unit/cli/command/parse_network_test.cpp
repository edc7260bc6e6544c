#include "unit/cli/command_lines.hpp"

using namespace rt;

TEST_CASE("network options: every client and every route has them") {
  const Strings lines[] = {
      {"rtpoll", "sub"}, {"rtsse", "pipe"}, {"rtws", "pub"}, {"rtmqtt", "sub"}, {"rtrelay", "-"}};
  for (Strings line : lines) {
    CAPTURE(line[0]);
    for (const char* const argument :
         {"--proxy", "socks5h://u:p@q", "--resolve", "h:80:127.0.0.1", "--resolve",
          "*:81:[::1],::2", "--interface", "eth0", "-6", "--tls-max", "1.2", "--netrc-file", "n",
          "--key-password-file", "k",
          line[0] == "rtmqtt"    ? "mqtt://h/x"
          : line[0] == "rtrelay" ? "ws://h/x"
                                 : "h/x"})
      line.emplace_back(argument);
    const Options o = parsed(line);
    CHECK(o.network.proxy == "socks5h://u:p@q");
    CHECK(o.network.resolve == Strings{"h:80:127.0.0.1", "*:81:[::1],::2"});
    CHECK(o.network.interface == "eth0");
    CHECK(o.network.family == AddressFamily::v6);
    CHECK(o.tls.most == TlsVersion::v1_2);
    CHECK(o.netrc);
    CHECK(o.netrc_file == "n");
    CHECK(o.key_password_file == "k");
  }
  const Options none = parsed({"rtws", "sub", "h/x"});
  CHECK_FALSE(none.network.proxy.has_value());
  CHECK(none.network.family == AddressFamily::any);
  CHECK_FALSE(none.netrc);
  // An empty one says that none is used.
  CHECK(parsed({"rtws", "sub", "--proxy", "", "h/x"}).network.proxy == "");
  CHECK(parsed({"rtws", "sub", "--proxy=", "h/x"}).network.proxy == "");
  CHECK(parsed({"rtws", "sub", "h/x"}, {{"RT_PROXY", "p"}}).network.proxy == "p");
  CHECK(parsed({"rtws", "sub", "--unix-socket", "/s", "h/x"}).network.unix_socket == "/s");
  CHECK(parsed({"rtws", "sub", "-4", "h/x"}).network.family == AddressFamily::v4);
  // On the command line it stands against what a variable says.
  CHECK(parsed({"rtws", "sub", "-L", "h/x"}, {{"RT_NO_LOCATION", "1"}}).no_location == false);
  CHECK(parsed({"rtws", "sub", "h/x"}, {{"RT_NO_LOCATION", "1"}}).no_location);
  CHECK(parsed({"rtsse", "sub", "--cookie-jar", "j", "h/x"}).cookie_jar == "j");
}

TEST_CASE("network options: what is refused, without the login in it") {
  const struct {
    Strings arguments;
    const char* text;
  } rows[] = {
      {{"--proxy", "gopher://u:s3cret@p"},
       "--proxy: 'gopher' is not spoken, only http, https and SOCKS"},
      {{"--proxy", "http://u:s3cret@"}, "--proxy: not a proxy such as http://HOST:PORT"},
      {{"--proxy", "http://u:s3cret%@p"}, "--proxy: the proxy's user and password cannot be read"},
      {{"--proxy", "p", "--unix-socket", "/s"}, "--proxy and --unix-socket exclude each other"},
      {{"-4", "-6"}, "--ipv4 and --ipv6 exclude each other"},
      {{"-L", "--no-location"}, "--location and --no-location exclude each other"},
      {{"--cookie-jar", "j", "--no-cookies"}, "--cookie-jar and --no-cookies exclude each other"},
      {{"--tls-max", "1.1"}, "--tls-max 1.1: must be 1.2 or 1.3"},
      {{"--unix-socket", ""}, "--unix-socket '': must not be empty"},
      {{"--interface", "a\nb"}, "--interface a\\x0Ab: control characters are not allowed"},
  };
  for (const auto& row : rows) {
    Strings line = {"rtws", "sub"};
    line.insert(line.end(), row.arguments.begin(), row.arguments.end());
    line.emplace_back("h/x");
    const std::string text = refused(line);
    CHECK(text.starts_with(row.text));
    CHECK_FALSE(contains(text, "s3cret"));
  }
  for (const char* const entry :
       {"", "h", "h:80", ":80:1.2.3.4", "h:0:1.2.3.4", "h:99999:1.2.3.4", "h:80:", "h:80:name",
        "h:80:1.2.3.4,", "h:80:[::1", "-h:80", "h i:80:1.2.3.4"}) {
    CAPTURE(entry);
    CHECK(contains(refused({"rtws", "sub", "--resolve", entry, "h/x"}), "not HOST:PORT:ADDRESS"));
  }
}

TEST_CASE("network options: a proxy's login is not explained") {
  const auto text = outcome({"rtws", "sub", "--explain", "--proxy", "http://u:s3cret@p:1", "h/x"});
  REQUIRE(std::holds_alternative<TextToPrint>(text));
  const std::string& shown = std::get<TextToPrint>(text).text;
  CHECK(contains(shown, "p:1"));
  CHECK_FALSE(contains(shown, "s3cret"));
}

TEST_CASE("-u: with a password from elsewhere a colon is part of the name") {
  const Options o = parsed({"rtws", "sub", "-u", "A:B", "--password-file", "F", "h/x"});
  CHECK(o.user == "A:B");
  CHECK_FALSE(o.password.has_value());
  CHECK(o.password_file == "F");
  // What the command line says goes before what a variable says.
  const Options variable = parsed({"rtws", "sub", "-u", "A:B", "h/x"}, {{"RT_PASSWORD_FILE", "F"}});
  CHECK(variable.user == "A");
  CHECK(variable.password == "B");
}

TEST_CASE("the password of a key") {
  CHECK(parsed({"rtws", "sub", "h/x"}, {{"RT_KEY_PASSWORD", "s"}}).tls.key_password == "s");
  const Options o =
      parsed({"rtws", "sub", "--key-password-file", "f", "h/x"}, {{"RT_KEY_PASSWORD", "s"}});
  CHECK(o.tls.key_password.empty());
  CHECK(o.key_password_file == "f");
}
