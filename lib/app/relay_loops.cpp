#include "app/relay_loops.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

// Where an end lies, in terms that two ends can be compared by.
struct Place {
  bool mqtt = false;
  std::string host;  // of an address the canonical text; this machine, as most call it: localhost
  std::uint16_t port = 0;
  bool all_hosts = false;           // it listens on every address of this machine
  std::vector<std::string> topics;  // MQTT: may be filters; none: none was named
  std::vector<std::string> excludes;
};

// As the resolver reads it (inet_aton): 127.1 and 2130706433 are 127.0.0.1, to which 0.0.0.0 leads,
// too.
std::string host_of(std::string host) {
  if (!host.empty() && host.back() == '.') host.pop_back();
  if (host == "*") return "localhost";
  in_addr v4{};
  in6_addr v6{};
  if (inet_aton(host.c_str(), &v4) == 0) {
    if (inet_pton(AF_INET6, host.c_str(), &v6) != 1) return ascii_lower(host);
    if (IN6_IS_ADDR_LOOPBACK(&v6) || IN6_IS_ADDR_UNSPECIFIED(&v6)) return "localhost";
    if (!IN6_IS_ADDR_V4MAPPED(&v6)) {
      char text[INET6_ADDRSTRLEN] = {};
      inet_ntop(AF_INET6, &v6, text, sizeof text);
      return text;
    }
    std::memcpy(&v4, v6.s6_addr + 12, sizeof v4);
  }
  const std::uint32_t address = ntohl(v4.s_addr);
  if (address == INADDR_ANY || address == INADDR_LOOPBACK) return "localhost";
  char text[INET_ADDRSTRLEN] = {};
  inet_ntop(AF_INET, &v4, text, sizeof text);
  return text;
}

bool listens_everywhere(const std::string& host) {
  return host == "*" || host == "0.0.0.0" || host == "::";
}

std::optional<Place> place_of(const RelayEndpoint& end) {
  Place place;
  std::string topic;
  if (end.kind == Kind::serve) {
    if (end.listen.port == 0) return std::nullopt;  // a server of its own
    place.mqtt = end.served == Transport::mqtt;
    place.host = host_of(end.listen.host);
    place.port = end.listen.port;
    place.all_hosts = listens_everywhere(end.listen.host);
    topic = topic_of(end.listen.channel);
  } else if (end.is_remote()) {
    place.mqtt = end.kind == Kind::mqtt;
    place.host = host_of(end.remote.host);
    place.port = end.remote.port;
    topic = place.mqtt ? end.remote.topic() : topic_of(end.remote.path());
  } else {
    return std::nullopt;
  }
  if (!topic.empty()) place.topics.push_back(std::move(topic));
  return place;
}

bool same_server(const Place& a, const Place& b) {
  if (a.mqtt != b.mqtt || a.port != b.port) return false;
  const auto is_here = [](const std::string& host) {
    return host == "localhost" || host.starts_with("127.");
  };
  return a.host == b.host || (a.all_hosts && is_here(b.host)) || (b.all_hosts && is_here(a.host));
}

// Every channel of a hub, or every topic of a broker, by one end.
bool reads_all(const RelayEndpoint& from, const Place& place) {
  return place.topics.empty() && (from.kind == Kind::serve || place.mqtt);
}

bool keeps_names(const RelayEndpoint& to, const Place& place) {
  return place.topics.empty() && to.kind != Kind::ws;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code failed;
  if (std::filesystem::equivalent(a, b, failed) && !failed) return true;
  return std::filesystem::absolute(a, failed).lexically_normal() ==
         std::filesystem::absolute(b, failed).lexically_normal();
}

bool reads(const RelayEndpoint& from, const Place& source, const std::string& topic) {
  const auto fits = [&](const std::string& filter) { return matches(filter, topic); };
  if (source.mqtt && std::any_of(source.excludes.begin(), source.excludes.end(), fits))
    return false;
  if (reads_all(from, source)) return true;
  if (source.mqtt) return std::any_of(source.topics.begin(), source.topics.end(), fits);
  return topic == (source.topics.empty() ? std::string() : source.topics[0]);
}

enum class Feeds : std::uint8_t { no, perhaps, yes };

Feeds feeds(const RelayEndpoint& from, const Place& source, const RelayEndpoint& to,
            const Place& sink, Route& route) {
  if (!same_server(source, sink)) return Feeds::no;
  if (!keeps_names(to, sink)) {
    const std::string topic = sink.topics.empty() ? std::string() : sink.topics[0];
    return reads(from, source, topic) ? Feeds::yes : Feeds::no;
  }
  // Each message keeps its own name, perhaps a changed one.
  if (route.trivial()) return Feeds::yes;
  std::vector<std::string> topics = source.topics;
  if (reads_all(from, source)) topics.emplace_back("#");
  if (topics.empty()) topics.emplace_back();
  Feeds result = Feeds::no;
  for (const std::string& topic : topics) {
    if (has_wildcards(topic)) {
      if (!route.renames()) return Feeds::yes;
      if (source.mqtt) result = Feeds::perhaps;
      continue;
    }
    const Route::Answer& answer = route.of(channel_of(topic));
    if (answer.verdict == Route::Verdict::passes && reads(from, source, topic_of(answer.channel)))
      return Feeds::yes;
  }
  return result;
}

}  // namespace

Result<Loop> check_loop(const RelayEndpoint& from, const RelayEndpoint& to, Route& route,
                        const LoopFilters& filters) {
  const bool file =
      from.kind == Kind::file && to.kind == Kind::file && same_file(from.text, to.text);
  Feeds found = file ? Feeds::yes : Feeds::no;
  auto source = place_of(from);
  const auto sink = place_of(to);
  if (source && sink) {
    if (source->mqtt && !filters.filters.empty()) source->topics = filters.filters;
    source->excludes = filters.excludes;
    found = std::max(found, feeds(from, *source, to, *sink, route));
  }
  if (found == Feeds::no) return Loop::none;
  if (found == Feeds::perhaps) return Loop::unless_via;
  return Error(Fault::usage, from.display() + " would read what is written to " + to.display() +
                                 ": every message would go round for ever");
}

bool may_be_same_listener(const ListenAddress& a, const ListenAddress& b) {
  return a.port == b.port && (listens_everywhere(a.host) || listens_everywhere(b.host) ||
                              host_of(a.host) == host_of(b.host));
}

}  // namespace rt
