#include "relay_wiring.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "app/run.hpp"
#include "base/log.hpp"
#include "client_wiring.hpp"
#include "io/stdio/live_line.hpp"
#include "model/topic.hpp"
#include "mqtt_wiring.hpp"
#include "report_wiring.hpp"
#include "serve_wiring.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

// None of stdin, a program and a file.
std::optional<Transport> transport_of(const RelayEndpoint& endpoint) {
  switch (endpoint.kind) {
    case Kind::sse:
      return Transport::sse;
    case Kind::mqtt:
      return Transport::mqtt;
    case Kind::poll:
      return Transport::poll;
    case Kind::serve:
      return endpoint.served;
    case Kind::ws:
      return Transport::ws;
    default:
      return std::nullopt;
  }
}

// The one that all have.
std::optional<Transport> transport_of(const std::vector<RelayEndOptions>& ends) {
  const auto first = transport_of(ends.front().endpoint);
  const bool same = std::all_of(ends.begin(), ends.end(), [&](const RelayEndOptions& end) {
    return transport_of(end.endpoint) == first;
  });
  return same ? first : std::nullopt;
}

// Makes the ends; asks for each password once.
class Ends {
 public:
  Result<RelayEndOptions> make(const std::string& text, const Options& own, RelayUse use) {
    Result<RelayEndpoint> endpoint = parse_relay_endpoint(text);
    if (!endpoint) return endpoint.error();
    if (use.read) {
      if (Result<void> readable = check_source(*endpoint); !readable) return readable.error();
    }
    RelayEndOptions end;
    end.endpoint = *endpoint;
    end.reconnect = {own.retry, !own.no_reconnect, own.retry_max_delay};
    end.framing = framing_of(own);
    end.buffer = own.buffer;
    if (endpoint->is_remote()) {
      if (Result<void> filled = fill_remote(end, own); !filled) return filled.error();
    }
    if (endpoint->kind == Kind::mqtt || endpoint->kind == Kind::serve) {
      if (Result<void> filled = fill_mqtt(end, own, use); !filled) return filled.error();
    }
    if (endpoint->kind == Kind::serve) {
      end.hub = hub_options(own, endpoint->listen);
      end.hub.service.output_channel.clear();
      end.broker.address = endpoint->listen;
      end.broker.max_message = own.max_message;
    }
    return end;
  }

 private:
  Result<Credentials> credentials(const Endpoint& endpoint, Options own) {
    // -u is for those that have no user of their own.
    if (!endpoint.user.empty()) own.user.clear();
    const std::string user = endpoint.user.empty() ? own.user : endpoint.user;
    const bool asks = !user.empty() && !own.password && !endpoint.has_password;
    const auto known = passwords_.find(user);
    if (asks && known != passwords_.end()) own.password = known->second;
    Result<Credentials> found = credentials_for(own, endpoint);
    if (found && asks) passwords_[user] = found->password;
    return found;
  }

  Result<void> fill_remote(RelayEndOptions& end, const Options& own) {
    const Endpoint& remote = end.endpoint.remote;
    const Result<Credentials> secrets = credentials(remote, own);
    if (!secrets) return secrets.error();
    const std::string url = remote.http_url();
    fill_http(own, end.http);
    fill_websocket(own, remote, end.websocket);
    end.http.user = end.websocket.user = secrets->user;
    end.http.password = end.websocket.password = secrets->password;
    end.http.bearer = end.websocket.bearer = secrets->bearer;
    end.sse.url = url;
    end.sse.last_event_id = own.last_event_id;
    end.sse.start = start_query(own);
    // Asked for envelopes, a hub says what has passed here before; others see a mere parameter.
    end.sse.hub = true;
    end.sse.max_message = own.max_message;
    end.poll = {url, own.interval, own.long_poll, start_query(own), own.max_message};
    end.publish = {url, own.content_type, own.hub};
    return {};
  }

  Result<void> fill_mqtt(RelayEndOptions& end, const Options& own, RelayUse use) {
    Endpoint broker = end.endpoint.remote;
    if (end.endpoint.kind == Kind::serve && !end.endpoint.listen.channel.empty())
      broker.target = end.endpoint.listen.channel;
    broker.transport = Transport::mqtt;
    Options reading = own;
    reading.verb = Verb::sub;
    reading.qos = own.qos.value_or(1);
    Result<MqttClientOptions> common =
        mqtt_options(reading, broker, {end.http.user, end.http.password, {}});
    if (!common) return common.error();
    end.mqtt = std::move(*common);

    MqttClientOptions& mqtt = end.mqtt;
    const std::string topic = broker.topic();
    if (use.write && !has_wildcards(topic)) mqtt.topic = topic;
    if (use.write && !use.read && has_wildcards(topic))
      return Error(Fault::usage, end.endpoint.display() +
                                     ": a topic to publish to has no + and no # (leave the topic "
                                     "out to keep each message's own)");
    if (use.read && use.write) {
      if (mqtt.protocol == MqttProtocol::v311)
        return Error(Fault::usage,
                     "--both needs MQTT 5: with --protocol 3.1.1 everything would come back");
      mqtt.protocol = MqttProtocol::v5;
      mqtt.no_local = true;
    }
    if (!use.read) {
      mqtt.filters.clear();
      return {};
    }
    if (mqtt.filters.empty()) mqtt.filters.emplace_back("#");
    if (mqtt.qos == 0) mqtt.buffer = own.buffer;
    return {};
  }

  std::map<std::string, std::string> passwords_;  // that were asked for, by user
};

}  // namespace

Result<RelayOptions> relay_options(const Options& options) {
  std::vector<std::string> from = options.from;
  std::vector<std::string> to = options.endpoints;
  if (from.empty() && !to.empty()) {
    from.push_back(to.front());
    to.erase(to.begin());
  }
  if (from.empty() || to.empty())
    return Error(Fault::usage, "from where to where? write: rtrelay FROM TO");

  RelayOptions relay;
  relay.notify = ServiceNotify::take();
  Ends ends;
  // Named endpoints may have options of their own.
  std::size_t next = 0;
  const auto own = [&]() -> const Options& {
    return next < options.ends.size() ? options.ends[next++] : options;
  };
  for (const std::string& text : from) {
    Result<RelayEndOptions> end = ends.make(text, own(), {.read = true, .write = options.both});
    if (!end) return end.error();
    relay.from.push_back(std::move(*end));
  }
  for (const std::string& text : to) {
    Result<RelayEndOptions> end = ends.make(text, own(), {.read = options.both, .write = true});
    if (!end) return end.error();
    if (end->endpoint.kind == Kind::stdio) {
      const Result<int> output = open_output(options.output);
      if (!output) return output.error();
      end->output_fd = *output;
      if (*output != 1) end->output_name = options.output;
    }
    end->transport = transport_of(relay.from);
    relay.to.push_back(std::move(*end));
  }
  for (RelayEndOptions& end : relay.from) end.transport = transport_of(relay.to);
  Result<Route> route = Route::make(options.maps, options.filters);
  if (!route) return route.error();
  relay.route = std::move(*route);
  relay.both = options.both;
  relay.content_type = options.content_type;
  relay.count = options.count;
  relay.timeout = options.timeout;
  relay.linger = options.linger;
  const bool unwanted = options.no_status || options.no_progress || options.quiet;
  relay.status = options.status || options.progress || (!unwanted && stderr_is_terminal());
  Result<ReportOptions> report = report_options(Program::rtrelay, options, {});
  if (!report) return report.error();
  relay.report = std::move(*report);
  relay.report.signal_is_success = relay_serves(relay);
  return relay;
}

int run_relay(const Options& options) {
  Result<RelayOptions> planned = relay_options(options);
  if (!planned) {
    Log::error(planned.error().text());
    return exit_code(planned.error().fault());
  }
  const OnSignal on_signal = relay_serves(*planned) ? OnSignal::exit_ok : OnSignal::reraise;
  return run(on_signal, [&](Reactor& reactor, Shutdown& shutdown) {
    return relay(reactor, shutdown, std::move(*planned));
  });
}

}  // namespace rt
