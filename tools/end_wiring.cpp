#include "end_wiring.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/netrc.hpp"
#include "conversation_wiring.hpp"
#include "handling_wiring.hpp"
#include "model/command_words.hpp"
#include "model/defaults.hpp"
#include "model/topic.hpp"
#include "mqtt_wiring.hpp"
#include "password_prompt.hpp"
#include "serve_wiring.hpp"
#include "user_files.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

Kind kind_of(Transport transport) {
  switch (transport) {
    case Transport::poll:
      return Kind::poll;
    case Transport::sse:
      return Kind::sse;
    case Transport::ws:
      return Kind::ws;
    case Transport::mqtt:
      break;
  }
  return Kind::mqtt;
}

void fill_common(EndOptions& end, const Options& options) {
  end.reconnect.retry_first = options.retry;
  end.reconnect.reconnect = !options.no_reconnect;
  end.reconnect.most = options.retry_max_delay;
  end.reconnect.allow_doubles = options.allow_doubles;
  const Kind kind = end.endpoint.kind;
  if (options.idle_timeout && (kind == Kind::ws || kind == Kind::mqtt))
    end.reconnect.idle_timeout = *options.idle_timeout;
  end.framing = framing_of(options);
  end.buffer = options.buffer;
  end.ack_lines = options.ack_lines;
}

void fill_http(const Options& options, HttpOptions& http) {
  http.tls = options.tls;
  http.network = options.network;
  http.follows = !options.no_location;
  http.keeps_cookies = !options.no_cookies;
  http.cookie_jar = options.cookie_jar;
  http.headers = options.headers;
  if (!options.origin.empty()) http.headers.emplace_back("Origin", options.origin);
  http.connect_timeout = options.connect_timeout;
  http.max_body = defaults::body_for(options.max_message);
}

Result<void> fill_websocket(const Options& options, const Endpoint& endpoint,
                            WsClientOptions& websocket) {
  websocket.endpoint = endpoint;
  websocket.tls = options.tls;
  websocket.network = options.network;
  websocket.follows = !options.no_location;
  websocket.headers = options.headers;
  websocket.origin = options.origin;
  websocket.subprotocols = options.subprotocols;
  websocket.compress = options.compress;
  websocket.keeps_cookies = !options.no_cookies;
  websocket.cookie_jar = options.cookie_jar;
  if (const auto codes = CloseCodes::parse(options.final_codes)) websocket.final_codes = *codes;
  websocket.hub = options.hub;
  websocket.connect_timeout = options.connect_timeout;
  websocket.ping_interval = options.keepalive;
  // An envelope may be longer than the message in it.
  websocket.max_message = options.hub ? 2 * options.max_message + (64u << 10) : options.max_message;
  websocket.start = start_query(options);
  if (endpoint.transport != Transport::ws) return {};
  Result<WsConversation> conversation = conversation_of(options);
  if (!conversation) return conversation.error();
  websocket.conversation = *std::move(conversation);
  auto dialect = dialect_of(options);
  if (!dialect) return dialect.error();
  websocket.dialect = *std::move(dialect);
  if (!websocket.dialect) return {};
  const DialectKind kind = websocket.dialect->name.kind;
  websocket.endpoint.target = dialect_target(kind, endpoint.target);
  for (std::string& name : subprotocols_of(kind)) websocket.subprotocols.push_back(std::move(name));
  return {};
}

// A stream that answers a request with a body is not asked for again unasked: that would do again
// what the request does.
void ask_once(EndOptions& end, const Options& options) {
  const bool again = options.reconnect || options.method == "GET" || options.method == "PUT";
  if (again || (end.request_body.empty() && options.method.empty())) return;
  end.reconnect.reconnect = false;
  end.reconnect.if_not = "--reconnect asks again";
}

// What the user says of validators is what the first request knows; later ones know better.
void take_validator(EndOptions& end, std::string_view name, std::string& value) {
  auto& headers = end.http.headers;
  for (auto header = headers.begin(); header != headers.end(); ++header) {
    if (!iequals(header->first, name) || trim(header->second).empty()) continue;
    value = header->second;
    headers.erase(header);
    return;
  }
}

// The table has read them as what they are.
void fill_places(PollOptions& poll, const Options& options) {
  const auto pointer = [](const std::optional<std::string>& text) -> std::optional<JsonPointer> {
    if (!text) return std::nullopt;
    const auto parsed = JsonPointer::parse(*text);
    return parsed ? std::optional(*parsed) : std::nullopt;
  };
  if (const auto array = pointer(options.items)) {
    poll.items = PollItemsOptions{*array, pointer(options.item_key), options.last};
    if (options.last) poll.start.clear();
  }
  if (options.cursor.empty()) return;
  if (const auto place = CursorPlace::parse(options.cursor)) poll.cursor = *place;
  poll.cursor_parameter = options.cursor_param;
}

void fill_poll(EndOptions& end, const Options& options, const std::string& url) {
  PollOptions& poll = end.poll;
  poll.url = url;
  poll.pace = {options.interval, {}, options.jitter};
  if (options.adaptive) {
    poll.pace.interval = options.adaptive->first;
    poll.pace.most = options.adaptive->second;
  }
  poll.method = options.method;
  poll.content_type = options.content_type;
  poll.most_pages = options.follow_next;
  poll.any_origin = options.any_origin;
  poll.wait = options.long_poll;
  poll.start = start_query(options);
  poll.max_message = options.max_message;
  poll.hub = options.hub;
  poll.changed = options.changed;
  poll.ignore_max_age = options.ignore_max_age;
  poll.idle_timeout = options.idle_timeout.value_or(0ms);
  fill_places(poll, options);
  if (end.endpoint.kind != Kind::poll || options.verb == Verb::pub) return;
  take_validator(end, "If-None-Match", poll.etag);
  take_validator(end, "If-Modified-Since", poll.last_modified);
}

Result<void> fill_engine_io(EndOptions& end, const Options& options) {
  const Kind kind = end.endpoint.kind;
  const bool polls = kind == Kind::poll || kind == Kind::http;
  if (!polls || options.dialect.kind != DialectKind::socket_io) return {};
  auto dialect = dialect_of(options);
  if (!dialect) return dialect.error();
  Endpoint at = end.endpoint.remote;
  at.target = dialect_target(DialectKind::socket_io, at.target, DialectCarrier::polling);
  end.engine_io = EngineIoOptions{at.http_url(), **std::move(dialect)};
  return {};
}

// Of every transport but MQTT.
Result<void> fill_remote(EndOptions& end, const Options& options, const Credentials& secrets,
                         bool reads) {
  const Endpoint& remote = end.endpoint.remote;
  const std::string url = remote.http_url();
  fill_http(options, end.http);
  if (auto filled = fill_websocket(options, remote, end.websocket); !filled) return filled;
  end.http.user = end.websocket.user = secrets.user;
  end.http.password = end.websocket.password = secrets.password;
  end.http.bearer = end.websocket.bearer = secrets.bearer;
  if (end.websocket.dialect) {
    end.websocket.dialect->user = secrets.user;
    end.websocket.dialect->password = secrets.password;
  }
  end.sse.url = url;
  end.sse.last_event_id = options.last_event_id;
  end.sse.start = start_query(options);
  end.sse.hub = options.hub;
  end.sse.query_id = percent_encode(options.query_id);
  end.sse.idle_timeout = options.idle_timeout;
  end.sse.max_message = options.max_message;
  end.sse.method = options.method;
  end.sse.content_type = options.content_type;
  if (reads)
    for (const DataArgument& data : options.data)
      end.request_body.push_back({data.from_file, data.text});
  if (end.endpoint.kind == Kind::sse && reads) ask_once(end, options);
  fill_poll(end, options, url);
  if (auto filled = fill_engine_io(end, options); !filled) return filled;
  end.publish.url = url;
  end.publish.content_type = options.content_type;
  end.publish.hub = options.hub;
  return {};
}

Error headers_of_mqtt() {
  return Error(Fault::usage, "MQTT has no headers: -H is for mqtt+ws:// and mqtt+wss://");
}

// Names are kept on their way through, unless the URL has one.
Result<void> fill_mqtt(EndOptions& end, const Options& own, EndUse use) {
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
  mqtt.waits_for_quota = true;
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

}  // namespace

Result<SelectionOptions> selection_of(const Options& options) {
  SelectionOptions out;
  out.events = options.events;
  for (const std::string& text : options.where) {
    Result<Condition> condition = Condition::parse(text);
    if (!condition) return condition.error();
    out.conditions.push_back(*std::move(condition));
  }
  for (const std::string& text : options.select) {
    Result<JsonPointer> pointer = JsonPointer::parse(text);
    if (!pointer) return pointer.error();
    out.pointers.push_back(*std::move(pointer));
  }
  out.changes = options.changes || options.diff;
  out.differences = options.diff;
  out.envelopes = options.framing == FramingKind::json;
  return out;
}

void go_on(const Position& found, EndOptions& end) {
  const std::string since = "since=" + percent_encode(found.id);
  if (!found.id.empty()) end.sse.last_event_id = found.id;
  if (!found.id.empty() && found.at_hub) end.poll.start = end.websocket.start = since;
  if (found.at_hub || found == Position()) return;
  end.poll.etag = found.etag;
  end.poll.last_modified = found.last_modified;
  end.poll.digest = found.digest;
  end.poll.seen = found.seen;
  end.poll.position = found.id;
}

std::string start_query(const Options& options) {
  if (options.since) return "since=" + percent_encode(*options.since);
  if (options.last) return "last=" + std::to_string(*options.last);
  return {};
}

// Of --netrc: nothing where the file has none.
static Result<std::optional<NetrcLogin>> login_of_netrc(const Options& options,
                                                        const Endpoint& endpoint,
                                                        const std::string& user) {
  using Login = std::optional<NetrcLogin>;
  if (!options.netrc || !options.bearer.empty()) return Login();
  const Result<std::string> text = read_netrc(options);
  if (!text) return text.error();
  Login login = find_in_netrc(*text, endpoint.host, user);
  if (!login && user.empty()) Log::info("netrc: nothing for " + printable(endpoint.host));
  return login;
}

Result<Credentials> credentials_for(const Options& options, const Endpoint& endpoint,
                                    const std::string& account) {
  Credentials out;
  out.user = !options.user.empty() ? options.user : endpoint.user;
  out.bearer = options.bearer;
  const bool of_url = options.user.empty() && endpoint.has_password;
  if (!out.user.empty() && (of_url || options.password)) {
    out.password = of_url ? endpoint.password : *options.password;
    return out;
  }
  auto login = login_of_netrc(options, endpoint, out.user);
  if (!login) return login.error();
  if (*login) {
    out.user = std::move((*login)->user);
    out.password = std::move((*login)->password);
  } else if (!out.user.empty()) {
    Result<std::string> secret = prompt_password(account.empty() ? out.user : account);
    if (!secret) return secret.error();
    out.password = std::move(*secret);
  }
  return out;
}

Result<EndOptions> EndPlanner::client_end(const Endpoint& endpoint, const Options& options) {
  EndOptions end;
  end.endpoint.kind = kind_of(endpoint.transport);
  end.endpoint.remote = endpoint;
  end.name = end.endpoint.remote.display();
  fill_common(end, options);
  const Result<Credentials> secrets = credentials_for(options, end.endpoint.remote);
  if (!secrets) return secrets.error();
  if (auto filled = fill_remote(end, options, *secrets, options.verb == Verb::sub); !filled)
    return filled.error();
  if (endpoint.transport != Transport::mqtt) return end;
  if (!endpoint.websocket && !options.headers.empty()) return headers_of_mqtt();
  if (auto good = check_psk(options, endpoint); !good) return good.error();
  Result<MqttClientOptions> mqtt = mqtt_options(options, end.endpoint.remote, *secrets);
  if (!mqtt) return mqtt.error();
  end.mqtt = *std::move(mqtt);
  end.mqtt.must_retain = options.retain;
  end.skip_refused = options.skip_refused;
  return end;
}

Result<EndOptions> EndPlanner::end(const std::string& text, const Options& own, EndUse use) {
  Result<RelayEndpoint> endpoint = parse_relay_endpoint(text);
  if (!endpoint) return endpoint.error();
  if (use.read) {
    if (Result<void> readable = check_source(*endpoint); !readable) return readable.error();
  }
  EndOptions end;
  end.endpoint = *endpoint;
  end.name = endpoint->display();
  end.skip_refused = true;
  fill_common(end, own);
  if (endpoint->is_remote()) {
    const Result<Credentials> secrets = credentials(endpoint->remote, own);
    if (!secrets) return secrets.error();
    if (auto filled = fill_remote(end, own, *secrets, use.read); !filled) return filled.error();
    end.publish_by_channel = endpoint->remote.path() == "/" || endpoint->topic_in_url;
    // Asked for envelopes, a hub says what has passed here before; others see a mere parameter.
    end.sse.hub = true;
  }
  const bool own_header =
      std::find(own.of_endpoint.begin(), own.of_endpoint.end(), "header") != own.of_endpoint.end();
  if (own_header && endpoint->kind == Kind::mqtt && !endpoint->remote.websocket)
    return headers_of_mqtt();
  if (endpoint->kind == Kind::mqtt || endpoint->kind == Kind::serve) {
    if (Result<void> filled = fill_mqtt(end, own, use); !filled) return filled.error();
  }
  if (endpoint->kind == Kind::serve) {
    end.mqtt.will.reset();  // it is for another's broker
    end.hub = hub_options(own, endpoint->listen);
    end.hub.service.output_channel.clear();
    end.broker.address = endpoint->listen;
    bound_broker(end.broker, own.memory, own.max_message);
  }
  if (auto filled = fill_handling(end, own, use); !filled) return filled.error();
  return end;
}

Result<Credentials> EndPlanner::credentials(const Endpoint& endpoint, Options own) {
  // -u and --bearer are for those that have no user of their own.
  if (!endpoint.user.empty()) {
    own.user.clear();
    own.bearer.clear();
    if (own.password_from == PasswordFrom::user) own.password.reset();
  }
  const std::string user = endpoint.user.empty() ? own.user : endpoint.user;
  const bool asks = !user.empty() && !own.password && !endpoint.has_password;
  // What is typed for one server is not for another.
  const std::string account = user + " at " + endpoint.authority();
  const auto known = passwords_.find(account);
  if (asks && known != passwords_.end()) own.password = known->second;
  Result<Credentials> found = credentials_for(own, endpoint, account);
  if (found && asks) passwords_[account] = found->password;
  return found;
}

}  // namespace rt
