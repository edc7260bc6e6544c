#include "app/around_end.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "app/remote_end.hpp"
#include "base/log.hpp"
#include "model/topic.hpp"

namespace rt {

void AroundEnd::read_by(Reactor& reactor, Shutdown& shutdown, End& end, Source& from,
                        EndHandling& handling) {
  allow_doubles = handling.allow_doubles;
  source = &from;
  auto* const remote = dynamic_cast<RemoteEnd*>(&end);
  if (handling.state && remote != nullptr)
    source = &keeping.emplace(reactor, *remote, from, handling.state,
                              [&shutdown] { shutdown.request(); });
  if (handling.selection)
    source = &selecting.emplace(*source, *std::exchange(handling.selection, std::nullopt));
}

void AroundEnd::write_by(Reactor& reactor, End& end, Sink& to, EndHandling& handling,
                         const Skipped::Keep& keep) {
  gather = handling.gather;
  gather_time = handling.gather_time;
  sink = &to;
  ShapingSink::Options options = std::move(handling.shaping);
  if (options.shape.leaves_alone() && !options.rate) return;
  options.name = end.facts().name;
  skipped.emplace(options.name, keep);
  options.on_refused = [this](const Message& message, const std::string& why) {
    skipped->add(message, why);
  };
  sink = &shaping.emplace(reactor, *sink, std::move(options));
}

RelayFrom AroundEnd::from(const End& end) const {
  return {.name = end.facts().name,
          .source = source,
          .buffer = end.facts().buffer,
          .allow_doubles = allow_doubles,
          .local = end.facts().local};
}

// What looks at more than the payload has to have it all.
RelayTo AroundEnd::to(const End& end) const {
  return {.sink = sink,
          .payload_only = end.facts().payload_only && !shaping,
          .gather = gather,
          .gather_time = gather_time};
}

namespace {

using Kind = RelayEndpoint::Kind;

bool has_many_topics(const EndOptions& from) {
  const std::vector<std::string>& filters = from.mqtt.filters;
  const RelayEndpoint& end = from.endpoint;
  if (end.kind == Kind::serve && end.served != Transport::mqtt) return end.listen.channel.empty();
  const bool mqtt = end.kind == Kind::mqtt || end.kind == Kind::serve;
  return mqtt && (filters.size() > 1 || std::any_of(filters.begin(), filters.end(), has_wildcards));
}

// And nothing says which.
bool takes_one_topic(const EndOptions& to) {
  if (to.handling.shaping.shape.envelope || !to.publish.topic_header.empty()) return false;
  switch (to.endpoint.kind) {
    case Kind::ws:
      return true;
    case Kind::http:
    case Kind::poll:
    case Kind::sse:
      return !to.publish_by_channel;
    default:
      return false;
  }
}

}  // namespace

void tell_lost_topics(const std::vector<EndOptions>& from, const std::vector<EndOptions>& to) {
  if (!std::any_of(from.begin(), from.end(), has_many_topics)) return;
  for (const EndOptions& end : to) {
    if (!takes_one_topic(end)) continue;
    const bool post = end.endpoint.kind == Kind::http;
    Log::warn(end.name + ": all topics go into one, and which one a message had is lost " +
              (post ? "(%c in the URL, --topic-header NAME or --envelope keep it)"
                    : "(--envelope keeps it)"));
  }
}

}  // namespace rt
