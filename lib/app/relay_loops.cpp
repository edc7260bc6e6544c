#include "app/relay_loops.hpp"

#include <filesystem>
#include <optional>
#include <string>

#include "model/host.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

// Where an end lies, in terms that two ends can be compared by.
struct Place {
  bool mqtt = false;
  std::string host;  // all names of this machine's loopback are one
  std::uint16_t port = 0;
  std::string topic;  // MQTT: may be a filter; empty: none was named
};

std::string host_of(const std::string& host) {
  return host == "*" || is_loopback(host) ? "localhost" : host;
}

std::optional<Place> place_of(const RelayEndpoint& end) {
  if (end.kind == Kind::serve) {
    if (end.listen.port == 0) return std::nullopt;  // a server of its own
    const std::string& channel = end.listen.channel;
    return Place{end.served == Transport::mqtt, host_of(end.listen.host), end.listen.port,
                 topic_of(channel)};
  }
  if (!end.is_remote()) return std::nullopt;
  const bool mqtt = end.kind == Kind::mqtt;
  return Place{mqtt, host_of(end.remote.host), end.remote.port,
               mqtt ? end.remote.topic() : topic_of(end.remote.path())};
}

// Every channel of a hub, or every topic of a broker, by one end.
bool reads_all(const RelayEndpoint& from, const Place& place) {
  return place.topic.empty() && (from.kind == Kind::serve || place.mqtt);
}

bool keeps_names(const RelayEndpoint& to, const Place& place) {
  return place.topic.empty() && to.kind != Kind::ws;
}

bool same_file(const std::string& a, const std::string& b) {
  std::error_code failed;
  if (std::filesystem::equivalent(a, b, failed) && !failed) return true;
  return std::filesystem::absolute(a, failed).lexically_normal() ==
         std::filesystem::absolute(b, failed).lexically_normal();
}

bool feeds(const RelayEndpoint& from, const Place& source, const RelayEndpoint& to,
           const Place& sink, Route& route) {
  if (source.mqtt != sink.mqtt || source.port != sink.port || source.host != sink.host)
    return false;
  const auto is_read = [&](const std::string& topic) {
    if (reads_all(from, source)) return true;
    return source.mqtt ? matches(source.topic, topic) : source.topic == topic;
  };
  if (!keeps_names(to, sink)) return is_read(sink.topic);
  // Each message keeps its own name, perhaps a changed one.
  if (route.trivial()) return true;
  if (reads_all(from, source) || has_wildcards(source.topic)) return !route.renames();
  const Route::Answer& answer = route.of(channel_of(source.topic));
  return answer.verdict == Route::Verdict::passes && is_read(topic_of(answer.channel));
}

}  // namespace

Result<void> check_loop(const RelayEndpoint& from, const RelayEndpoint& to, Route& route) {
  bool loop = from.kind == Kind::file && to.kind == Kind::file && same_file(from.text, to.text);
  const auto source = place_of(from);
  const auto sink = place_of(to);
  if (source && sink) loop = loop || feeds(from, *source, to, *sink, route);
  if (!loop) return {};
  return Error(Fault::usage, from.display() + " would read what is written to " + to.display() +
                                 ": every message would go round for ever");
}

}  // namespace rt
