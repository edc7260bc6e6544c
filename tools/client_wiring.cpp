#include "client_wiring.hpp"

#include "app/rpc.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "io/process/free_memory.hpp"
#include "io/stdio/standard_streams.hpp"
#include "model/command_words.hpp"
#include "model/pattern.hpp"
#include "recording_wiring.hpp"
#include "report_wiring.hpp"
#include "serve_wiring.hpp"

namespace rt {
namespace {

constexpr Milliseconds kAnswerTime = 30s;  // of rpc, without --timeout

// Such as "echo $X | cat", of which echo prints all.
void warn_of_shell(const std::string& command, std::string_view program) {
  program.remove_prefix(program.rfind('/') + 1);
  // A shell gets its script as it is.
  for (const std::string_view shell : {"sh", "bash", "dash", "zsh", "ksh", "fish", "env"})
    if (program == shell) return;
  const std::string syntax = shell_syntax(command);
  if (!syntax.empty())
    Log::warn("--exec: " + printable(syntax) +
              " is for a shell, and reaches the command as it is: --shell");
}

Result<void> fill_handling(const Options& options, ClientOptions& client) {
  if (!options.exec.empty()) {
    Result<std::vector<std::string>> words = std::vector<std::string>{"sh", "-c", options.exec};
    if (!options.shell) words = split_command(options.exec);
    if (!words) return words.error();
    if (!options.shell) warn_of_shell(options.exec, words->front());
    client.exec = {options.exec, *std::move(words), options.exec_jobs,
                   options.framing == FramingKind::json};
    if (options.reply) client.exec->most_answer = options.max_message;
    client.exec->raw_answer = options.framing == FramingKind::raw;
  }
  const std::string& pattern = options.expect.empty() ? options.until : options.expect;
  if (pattern.empty()) return {};
  Result<Pattern> wanted = Pattern::parse(pattern);
  if (!wanted) return wanted.error();
  client.expectation = {*std::move(wanted), !options.expect.empty(), options.within};
  return {};
}

Result<void> fill_client(Program program, const Options& options, const std::string& name,
                         ClientOptions& client) {
  const Result<ReportOptions> report = report_options(program, options, name);
  if (!report) return report.error();
  const Result<int> output = open_output(options.output);
  if (!output) return output.error();
  client.name = name;
  client.transport = transport_of(program);
  client.count = options.count;
  client.timeout = options.timeout;
  client.linger = options.linger;
  client.framing = framing_of(options);
  for (const std::string& message : options.messages) client.messages.push_back({false, message});
  if (options.verb != Verb::sub)
    for (const DataArgument& data : options.data)
      client.messages.push_back({data.from_file, data.text});
  client.send_as = options.send_as;
  client.echo = options.echo;
  client.content_type = options.content_type;
  if (!options.topic_from.empty()) {
    const Result<Endpoint> endpoint = parse_endpoint(options.url, Transport::mqtt);
    if (!endpoint) return endpoint.error();
    TopicFrom from;
    from.below = endpoint->topic();
    if (options.topic_from != "first-word") {
      Result<JsonPointer> pointer = JsonPointer::parse(options.topic_from);
      if (!pointer) return pointer.error();
      from.pointer = *std::move(pointer);
    }
    client.topic_from = std::move(from);
  }
  const bool facts =
      !options.response_topic.empty() || !options.correlation.empty() || options.expiry;
  if (facts && options.verb != Verb::sub) {
    auto mqtt = std::make_shared<MqttFacts>();
    mqtt->response_topic = options.response_topic;
    mqtt->correlation = options.correlation;
    if (options.expiry) mqtt->expiry = static_cast<std::uint32_t>(options.expiry->count() / 1000);
    client.facts = std::move(mqtt);
  }
  Result<RecordOptions> record = record_options(program, options, name);
  if (!record) return record.error();
  client.record = *std::move(record);
  if (!options.replay.empty()) {
    Result<ReplayOptions> replay = replay_options(options);
    if (!replay) return replay.error();
    client.replay = *std::move(replay);
  }
  if (Result<void> filled = fill_handling(options, client); !filled) return filled;
  Result<SelectionOptions> selection = selection_of(options);
  if (!selection) return selection.error();
  client.selection = *std::move(selection);
  client.report = *report;
  client.output_fd = *output;
  if (*output != 1) client.output_name = options.output;
  return {};
}

// A hub lists its channels for those who hear nothing on theirs.
std::optional<QuietOptions> quiet_of(const Endpoint& endpoint, const HttpOptions& http) {
  Endpoint list = endpoint;
  list.target = "/-/channels";
  const std::optional<std::string> channel = percent_decode(endpoint.path());
  if (!channel) return std::nullopt;
  return QuietOptions{http, list.http_url(), *channel};
}

// People who watch or type are told that they are connected; who sends one message sees its end.
bool greets(const Options& options) {
  if (options.verb != Verb::pub && options.verb != Verb::rpc) return true;
  const bool types = options.messages.empty() && options.data.empty() && options.replay.empty();
  return types && stdin_is_terminal();
}

Result<void> take_state(const Options& options, const std::string& url, ClientPlan& plan) {
  if (options.state.empty()) return {};
  if (plan.client.transport == Transport::ws && !options.hub)
    return Error(Fault::usage,
                 "--state needs --hub: other WebSockets cannot go on where one ended");
  Result<std::unique_ptr<StateFile>> file = StateFile::open(options.state, url);
  if (!file) return file.error();
  plan.client.state = *std::move(file);
  go_on(plan.client.state->found(), plan.end);
  return {};
}

// What --stats says of time.
Result<void> measure(const Options& options, ClientPlan& plan) {
  if (!options.sent_at.empty()) {
    if (!plan.client.report.totals())
      return Error(Fault::usage, "--sent-at is for the latency that --stats shows: give that, too");
    Result<JsonPointer> pointer = JsonPointer::parse(options.sent_at);
    if (!pointer) return pointer.error();
    plan.client.sent_at = *std::move(pointer);
  }
  if (!plan.client.report.totals()) return {};
  plan.client.round_trips = plan.end.websocket.round_trips = plan.end.mqtt.round_trips =
      plan.end.publish.round_trips = std::make_shared<Histogram>();
  if (plan.end.engine_io) plan.end.engine_io->round_trips = plan.client.round_trips;
  return {};
}

asio::awaitable<Result<void>> run_requests(Reactor& reactor, Shutdown& shutdown, ClientPlan plan) {
  const EndUse use{.read = true, .write = true};
  const std::unique_ptr<RemoteEnd> end = make_remote_end(reactor, plan.end, use);
  RpcOptions requests;
  requests.response_topic = plan.end.mqtt.filters.front();
  requests.timeout = plan.client.timeout.value_or(kAnswerTime);
  requests.ordered = plan.ordered;
  requests.client = std::move(plan.client);
  co_return co_await run_rpc(reactor, shutdown, *end, std::move(requests));
}

}  // namespace

Result<ClientPlan> client_plan(Program program, const Options& options) {
  const Result<Endpoint> endpoint = parse_endpoint(options.url, transport_of(program));
  if (!endpoint) return endpoint.error();
  ClientPlan plan;
  const std::string name = endpoint->display();
  if (Result<void> filled = fill_client(program, options, name, plan.client); !filled)
    return filled.error();
  Result<EndOptions> end = EndPlanner().client_end(*endpoint, options);
  if (!end) return end.error();
  plan.end = *std::move(end);
  plan.end.reconnect.greet = greets(options);
  // Of a place that a stranger names.
  if (options.reply) plan.end.skip_refused = true;
  plan.ordered = !options.unordered;
  if (options.verb == Verb::rpc && options.response_topic.empty())
    plan.end.mqtt.filters = {"rtwire/answers/" + Random::from_system().next_name("", 16)};
  if (options.verb == Verb::sub && plan.client.transport != Transport::mqtt)
    plan.client.quiet = quiet_of(*endpoint, plan.end.http);
  if (Result<void> measured = measure(options, plan); !measured) return measured.error();
  if (Result<void> taken = take_state(options, name, plan); !taken) return taken.error();
  return plan;
}

asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, ClientPlan plan,
                                         Verb verb) {
  return_free_memory();
  keep_free_memory();
  if (verb == Verb::rpc) co_return co_await run_requests(reactor, shutdown, std::move(plan));
  const bool answers = plan.client.exec && plan.client.exec->most_answer;
  const EndUse use{.read = verb != Verb::pub, .write = verb != Verb::sub || answers};
  const std::unique_ptr<RemoteEnd> end = make_remote_end(reactor, plan.end, use);
  co_return co_await run_client(reactor, shutdown, *end, std::move(plan.client), verb);
}

}  // namespace rt
