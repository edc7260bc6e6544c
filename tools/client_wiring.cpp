#include "client_wiring.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "model/command_words.hpp"
#include "model/defaults.hpp"
#include "model/pattern.hpp"
#include "mqtt_wiring.hpp"
#include "password_prompt.hpp"
#include "report_wiring.hpp"
#include "serve_wiring.hpp"

namespace rt {
namespace {

void fill_credentials(const Credentials& credentials, ClientPlan& plan) {
  plan.http.user = plan.websocket.user = credentials.user;
  plan.http.password = plan.websocket.password = credentials.password;
  plan.http.bearer = plan.websocket.bearer = credentials.bearer;
}

Result<void> fill_handling(const Options& options, ClientOptions& client) {
  if (!options.exec.empty()) {
    Result<std::vector<std::string>> words = std::vector<std::string>{"sh", "-c", options.exec};
    if (!options.shell) words = split_command(options.exec);
    if (!words) return words.error();
    client.exec = {options.exec, *std::move(words), options.exec_jobs,
                   options.framing == FramingKind::json};
  }
  const std::string& pattern = options.expect.empty() ? options.until : options.expect;
  if (pattern.empty()) return {};
  Result<Pattern> wanted = Pattern::parse(pattern);
  if (!wanted) return wanted.error();
  client.expectation = {*std::move(wanted), !options.expect.empty(), options.within};
  return {};
}

Result<void> fill_client(Program program, const Options& options, ClientPlan& plan) {
  const Result<ReportOptions> report = report_options(program, options, plan.endpoint.display());
  if (!report) return report.error();
  const Result<int> output = open_output(options.output);
  if (!output) return output.error();
  ClientOptions& client = plan.client;
  client.name = plan.endpoint.display();
  client.transport = transport_of(program);
  client.count = options.count;
  client.timeout = options.timeout;
  client.linger = options.linger;
  client.reconnect = {options.retry, !options.no_reconnect, options.retry_max_delay};
  client.framing = framing_of(options);
  for (const std::string& message : options.messages) client.messages.push_back({false, message});
  for (const DataArgument& data : options.data)
    client.messages.push_back({data.from_file, data.text});
  client.send_as = options.send_as;
  client.content_type = options.content_type;
  if (Result<void> filled = fill_handling(options, client); !filled) return filled;
  client.report = *report;
  client.output_fd = *output;
  if (*output != 1) client.output_name = options.output;
  return {};
}

}  // namespace

std::string start_query(const Options& options) {
  if (options.since) return "since=" + percent_encode(*options.since);
  if (options.last) return "last=" + std::to_string(*options.last);
  return {};
}

void fill_http(const Options& options, HttpOptions& http) {
  http.tls = options.tls;
  http.headers = options.headers;
  if (!options.origin.empty()) http.headers.emplace_back("Origin", options.origin);
  http.connect_timeout = options.connect_timeout;
  // A window of a hub in one answer.
  http.max_body = std::max(defaults::kMaxAnswer, options.max_message * 2);
}

void fill_websocket(const Options& options, const Endpoint& endpoint, WsClientOptions& websocket) {
  websocket.endpoint = endpoint;
  websocket.tls = options.tls;
  websocket.headers = options.headers;
  websocket.origin = options.origin;
  websocket.subprotocols = options.subprotocols;
  websocket.hub = options.hub;
  websocket.connect_timeout = options.connect_timeout;
  websocket.ping_interval = options.keepalive;
  // An envelope may be longer than the message in it.
  websocket.max_message = options.hub ? 2 * options.max_message + (64u << 10) : options.max_message;
  websocket.start = start_query(options);
}

Result<Credentials> credentials_for(const Options& options, const Endpoint& endpoint) {
  Credentials out;
  out.user = !options.user.empty() ? options.user : endpoint.user;
  if (!out.user.empty()) {
    if (options.user.empty() && endpoint.has_password) {
      out.password = endpoint.password;
    } else if (options.password) {
      out.password = *options.password;
    } else {
      Result<std::string> secret = prompt_password(out.user);
      if (!secret) return secret.error();
      out.password = std::move(*secret);
    }
  }
  out.bearer = options.bearer;
  return out;
}

Result<ClientPlan> client_plan(Program program, const Options& options) {
  Result<Endpoint> endpoint = parse_endpoint(options.url, transport_of(program));
  if (!endpoint) return endpoint.error();
  ClientPlan plan;
  plan.endpoint = *endpoint;
  fill_http(options, plan.http);
  fill_websocket(options, plan.endpoint, plan.websocket);
  if (Result<void> filled = fill_client(program, options, plan); !filled) return filled.error();
  const Result<Credentials> credentials = credentials_for(options, plan.endpoint);
  if (!credentials) return credentials.error();
  fill_credentials(*credentials, plan);
  if (program == Program::rtmqtt) {
    Result<MqttClientOptions> mqtt = mqtt_options(options, plan.endpoint, *credentials);
    if (!mqtt) return mqtt.error();
    plan.mqtt = std::move(*mqtt);
  }
  return plan;
}

asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, ClientPlan plan,
                                         Program program, const Options& options) {
  const auto run = [&](Links links) -> asio::awaitable<Result<void>> {
    switch (options.verb) {
      case Verb::pub:
        return publish(reactor, shutdown, links, plan.client);
      case Verb::pipe:
        return pipe(reactor, shutdown, links, plan.client);
      default:
        return subscribe(reactor, shutdown, links, plan.client);
    }
  };
  if (program == Program::rtws) {
    WsLink link(reactor, plan.websocket);
    co_return co_await run({&link, &link});
  }
  if (program == Program::rtmqtt) {
    MqttLink link(reactor, plan.mqtt);
    co_return co_await run({&link, &link});
  }
  const std::string url = plan.endpoint.http_url();
  HttpClient http(reactor, plan.http);
  HttpPublishLink up(http, {url, options.content_type, options.hub});
  if (options.verb == Verb::pub) co_return co_await run({nullptr, &up});
  if (program == Program::rtsse) {
    SseOptions stream;
    stream.url = url;
    stream.last_event_id = options.last_event_id;
    stream.start = start_query(options);
    stream.hub = options.hub;
    stream.max_message = options.max_message;
    SseLink down(http, stream);
    co_return co_await run({&down, &up});
  }
  PollLink down(
      reactor, http,
      {url, options.interval, options.long_poll, start_query(options), options.max_message});
  co_return co_await run({&down, &up});
}

}  // namespace rt
