#include "cli/options/credential.hpp"

#include <algorithm>

#include "cli/options/table.hpp"
#include "unit/cli/command_lines.hpp"

namespace rt::cli {
namespace {

// What is said of a command line's secrets: empty, when each has one owner.
std::string fault_of(const Strings& arguments, const Variables& variables = {},
                     const std::optional<Configured>& config = {}) {
  const Options options = parsed(arguments, variables, config);
  Strings written = options.from;
  written.insert(written.end(), options.endpoints.begin(), options.endpoints.end());
  std::vector<RelayEndpoint> endpoints;
  for (const std::string& text : written) {
    const auto endpoint = parse_relay_endpoint(text);
    REQUIRE(endpoint);
    endpoints.push_back(*endpoint);
  }
  std::vector<CredentialEnd> ends;
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    ends.push_back({&endpoints[i], i < options.ends.size() ? &options.ends[i] : &options});
  const auto checked = check_credentials(ends);
  if (checked) return {};
  CHECK(checked.error().fault() == Fault::usage);
  return checked.error().text();
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

constexpr std::string_view kSources[] = {
    "poll+http://a/e", "sse+http://a/e", "ws://a/e", "mqtt://a/e",
    "exec:date",       "file:/tmp/x",    "-",        "serve+ws://:81/e"};
constexpr std::string_view kSinks[] = {"http://b/e", "ws://b/e", "mqtt://b/e",
                                       "exec:cat",   "file:/t",  "serve+http://:80/e"};

struct Row {
  Strings arguments;
  Variables variables;
  std::string_view shown;
  std::string_view takers;  // schemes
};

std::string secure(std::string url) {
  for (const char* scheme : {"http:", "ws:", "mqtt:"}) {
    const std::size_t at = url.find(scheme);
    if (at != std::string::npos && !url.starts_with("serve"))
      return url.insert(at + std::string_view(scheme).size() - 1, "s");
  }
  return url;
}

}  // namespace

TEST_CASE("a secret that two ends could take is refused, whatever says it") {
  const std::string_view all = "poll sse http ws mqtt";
  const std::string_view web = "poll sse http ws";
  const Row rows[] = {
      {{"-u", "me:s3cret"}, {}, "--user ", all},
      {{"-u", "me"}, {{"RT_PASSWORD", "s3cret"}}, "--user ", all},
      {{}, {{"RT_USER", "me"}, {"RT_PASSWORD", "s3cret"}}, "RT_USER ", all},
      {{"-u", "me", "--password-file", "/s"}, {}, "--user ", all},
      {{"--bearer", "s3cret"}, {}, "--bearer ", web},
      {{"--bearer-file", "/s"}, {}, "--bearer-file ", web},
      {{}, {{"RT_BEARER", "s3cret"}}, "RT_BEARER ", web},
      {{}, {{"RT_BEARER_FILE", "/s"}}, "RT_BEARER_FILE ", web},
      {{"-H", "X-Any: s3cret"}, {}, "--header ", web},
      {{"-H", "Cookie: s3cret"}, {}, "--header ", web},
      {{"--cert", "/c", "--key", "/k"}, {}, "--cert ", all},
      {{}, {{"RT_CERT", "/c"}}, "RT_CERT ", all},
      {{"--will-topic", "w", "--will-payload", "s3cret"}, {}, "--will-topic ", "mqtt"},
      {{"--unix-socket", "/run/s"}, {}, "--unix-socket ", all},
      {{"--cookie-jar", "/jar"}, {}, "--cookie-jar ", web},
      {{"--client-id", "me"}, {}, "", ""},
      {{}, {{"RT_PASSWORD", "s3cret"}}, "", ""},  // nobody's
  };
  const auto among = [](std::string_view url, std::string_view takers) {
    const std::string scheme(url.substr(0, url.find_first_of("+:")));
    return !scheme.empty() && has(" " + std::string(takers) + " ", " " + scheme + " ");
  };
  for (const Row& row : rows) {
    for (const std::string_view from : kSources) {
      for (const std::string_view to : kSinks) {
        const bool tls = has(row.shown, "CERT") || has(row.shown, "--cert");
        if (row.arguments == Strings{"--client-id", "me"} && from.starts_with("mqtt") &&
            to.starts_with("mqtt"))
          continue;
        Strings line = {"rtrelay"};
        line.insert(line.end(), row.arguments.begin(), row.arguments.end());
        const std::string a = tls ? secure(std::string(from)) : std::string(from);
        const std::string b = tls ? secure(std::string(to)) : std::string(to);
        line.push_back(a);
        line.push_back(b);
        CAPTURE(row.shown);
        CAPTURE(a);
        CAPTURE(b);
        const std::string fault = fault_of(line, row.variables);
        const bool two = among(from, row.takers) && among(to, row.takers);
        CHECK(fault.empty() == !two);
        CHECK_FALSE(has(fault, "s3cret"));
        if (!two) continue;
        CHECK(fault.starts_with(std::string(row.shown) + "is for one end, and "));
        CHECK(has(fault, "//a"));
        CHECK(has(fault, "//b"));
        CHECK(has(fault, "[endpoints.NAME]"));
      }
    }
  }
}

TEST_CASE("MQTT has headers over WebSocket alone") {
  CHECK(fault_of({"rtrelay", "-H", "X-Any: s3cret", "ws://a/", "mqtt://b/"}).empty());
  CHECK(has(fault_of({"rtrelay", "-H", "X-Any: s3cret", "ws://a/", "mqtt+ws://b/"}), "//b"));
}

TEST_CASE("a certificate is shown only where there is TLS") {
  CHECK(fault_of({"rtrelay", "--cert", "/c", "ws://a/", "https://b/"}).empty());
  CHECK_FALSE(fault_of({"rtrelay", "--cert", "/c", "wss://a/", "https://b/"}).empty());
}

TEST_CASE("all ends count, and those at one server are one") {
  const Strings user = {"rtrelay", "-u", "me:p"};
  const auto with = [&](const Strings& more) {
    Strings line = user;
    line.insert(line.end(), more.begin(), more.end());
    return fault_of(line);
  };
  CHECK_FALSE(with({"--from", "ws://a/", "--from", "mqtt://b/", "-"}).empty());
  CHECK_FALSE(with({"-", "http://a/", "http://b/"}).empty());
  CHECK_FALSE(with({"--both", "ws://a/", "ws://b/"}).empty());
  CHECK_FALSE(with({"ws://a/", "wss://a/"}).empty());
  CHECK_FALSE(with({"ws://a:1/", "ws://a:2/"}).empty());
  CHECK(with({"ws://a/x", "http://a/y"}).empty());
}

TEST_CASE("a URL says whose a secret is") {
  CHECK(fault_of({"rtrelay", "-u", "me:p", "mqtt://you:q@a/", "ws://b/"}).empty());
  CHECK(fault_of({"rtrelay", "-u", "me:p", "mqtt://you@a/", "ws://b/"}).empty());
  CHECK(fault_of({"rtrelay", "--bearer", "t", "ws://you:q@a/", "ws://b/"}).empty());
  // One password, one user.
  const Variables password = {{"RT_PASSWORD", "s3cret"}};
  CHECK(fault_of({"rtrelay", "mqtt://me@a/", "ws://b/"}, password).empty());
  CHECK(fault_of({"rtrelay", "mqtt://me@a/", "ws://you:q@b/"}, password).empty());
  CHECK(fault_of({"rtrelay", "mqtt://me@a/x", "mqtt://me@a/y"}, password).empty());
  CHECK(fault_of({"rtrelay", "mqtt://me@a/", "ws://me@b/"}, password)
            .starts_with("RT_PASSWORD is for one end, and mqtt://a/ and ws://b/ could"));
  CHECK_FALSE(fault_of({"rtrelay", "mqtt://me@a/", "ws://you@a/"}, password).empty());
  CHECK(fault_of({"rtrelay", "-u", "me", "mqtt://you@a/", "ws://b/"}, password)
            .starts_with("RT_PASSWORD "));
  CHECK(fault_of({"rtrelay", "--password-file", "/p", "mqtt://me@a/", "ws://me@b/"})
            .starts_with("--password-file "));
}

TEST_CASE("the configuration file says whose a secret is") {
  const Configured file{
      "[endpoints]\nplain = \"ws://c/\"\n"
      "[endpoints.me]\nurl = \"ws://a/\"\nuser = \"me\"\npassword = \"s3cret\"\n"
      "[endpoints.url]\nurl = \"ws://me@a/\"\npassword = \"s3cret\"\n"
      "[endpoints.bearer]\nurl = \"ws://a/\"\nbearer = \"s3cret\"\n"
      "[endpoints.header]\nurl = \"ws://a/\"\nheader = [\"X-Any: s3cret\"]\n"
      "[endpoints.cert]\nurl = \"wss://a/\"\ncert = \"/c\"\nkey = \"/k\"\n"
      "[endpoints.will]\nurl = \"mqtt://a/\"\nwill-topic = \"w\"\nwill-payload = \"s3cret\"\n"};
  for (const char* name : {"@me", "@url", "@bearer", "@header", "@cert", "@will"}) {
    CAPTURE(name);
    CHECK(fault_of({"rtrelay", name, "https://b/"}, {}, file).empty());
    CHECK(fault_of({"rtrelay", name, "mqtts://b/"}, {}, file).empty());
  }
  // What is common to all goes to those that have none of their own.
  const auto taken = [&](const Strings& line, const Variables& variables = {}) {
    CHECK(fault_of(line, variables, file).empty());
    const Options options = parsed(line, variables, file);
    REQUIRE(options.ends.size() == 2);
    return options;
  };
  Options options = taken({"rtrelay", "@me", "https://b/", "-u", "you:q"});
  CHECK(options.ends[0].user + options.ends[0].password.value_or("") == "mes3cret");
  CHECK(options.ends[1].user + options.ends[1].password.value_or("") == "youq");
  options = taken({"rtrelay", "@me", "https://b/"}, {{"RT_USER", "you"}, {"RT_PASSWORD", "q"}});
  CHECK(options.ends[0].user + options.ends[0].password.value_or("") == "mes3cret");
  CHECK(options.ends[1].user + options.ends[1].password.value_or("") == "youq");
  options = taken({"rtrelay", "@url", "https://b/"}, {{"RT_BEARER", "t"}});
  CHECK(options.ends[0].password == "s3cret");
  CHECK(options.ends[0].bearer.empty());
  CHECK(options.ends[1].bearer == "t");
  options = taken({"rtrelay", "@bearer", "https://b/", "-u", "you:q"});
  CHECK(options.ends[0].bearer == "s3cret");
  CHECK(options.ends[0].user.empty());
  options = taken({"rtrelay", "@header", "https://b/", "-H", "X-Other: 1"});
  CHECK(options.ends[0].headers.front().first == "X-Any");
  CHECK(options.ends[1].headers.front().first == "X-Other");
  options = taken({"rtrelay", "@cert", "https://b/", "--cert", "/d"});
  CHECK(options.ends[0].tls.certificate_file == "/c");
  CHECK(options.ends[1].tls.key_file.empty());
  // The file's defaults are for all, too.
  const Configured defaults{file.text + "[rtrelay]\nbearer = \"s3cret\"\n"};
  CHECK(fault_of({"rtrelay", "@plain", "https://b/"}, {}, defaults)
            .starts_with("c.toml:25 [rtrelay] bearer is for one end, and "));
  CHECK(fault_of({"rtrelay", "@bearer", "https://b/"}, {}, defaults).empty());
  CHECK(fault_of({"rtrelay", "@me", "https://b/"}, {}, defaults).empty());
}

TEST_CASE("every option of a credential is one, and whatever is secret has an owner") {
  for (const CredentialRow& row : credential_table()) {
    CHECK(row.takers != 0);
    CHECK((row.takers &
           (kind_bit(RelayEndpoint::Kind::serve) | kind_bit(RelayEndpoint::Kind::exec) |
            kind_bit(RelayEndpoint::Kind::file) | kind_bit(RelayEndpoint::Kind::stdio))) == 0);
    std::string_view names = row.options;
    while (!names.empty()) {
      const std::string_view name = names.substr(0, names.find(' '));
      CAPTURE(name);
      CHECK(find_option(name) != nullptr);
      CHECK(credential_of(name) == &row);
      names.remove_prefix(std::min(names.size(), name.size() + 1));
    }
  }
  CHECK(credential_of("cacert") == nullptr);
  CHECK(credential_of("client-id") == nullptr);
}

}  // namespace rt::cli
