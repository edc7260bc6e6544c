#include "mosquitto_wiring.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

#include "app/rpc.hpp"
#include "app/run.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "cli/mosquitto/command.hpp"
#include "client_wiring.hpp"
#include "codec/mosquitto_lines.hpp"
#include "codec/mqtt_describe.hpp"
#include "io/process/free_memory.hpp"
#include "io/trace/wire.hpp"
#include "read_all.hpp"

namespace rt {
namespace {

using Input = MosquittoCommand::Input;

constexpr std::size_t kMostConfig = 1u << 20;
// What MQTT can carry, and these clients set no other limit.
constexpr std::size_t kMostPayload = 268'435'455;
constexpr std::uint8_t kWithWill = 0x04;  // a reason of DISCONNECT: the will is to be sent

// The exit codes of libmosquitto's errors.
constexpr int kFailed = 1;
constexpr int kConnectionLost = 7;
constexpr int kTls = 8;
constexpr int kTimedOut = 27;

void write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n >= 0) {
      text.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EAGAIN) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

std::string configuration_of(MosquittoTool tool) {
  const char* base = std::getenv("XDG_CONFIG_HOME");
  std::string path;
  if (base != nullptr) {
    path = base;
  } else if (const char* home = std::getenv("HOME"); home != nullptr) {
    path = std::string(home) + "/.config";
  } else {
    return {};
  }
  const int fd = open((path + "/" + mosquitto_name(tool)).c_str(), O_RDONLY | O_CLOEXEC);
  std::string text;
  if (fd >= 0 && read_all(fd, kMostConfig, text) != 0) text.clear();
  return text;
}

// One run of one of these tools.
class Run {
 public:
  explicit Run(MosquittoCommand command) : command_(std::move(command)) {}

  int go() {
    if (!read_message()) return kFailed;
    Result<ClientPlan> plan = client_plan(Program::rtmqtt, command_.options);
    if (!plan) return fail(plan.error());
    if (command_.debug) show_packets();
    fill_client(plan->client);
    fill_mqtt(plan->end.mqtt);
    plan->end.reconnect.greet = plan->end.reconnect.advise = plan->end.reconnect.tell = false;
    plan->end.reconnect.first = 1s;
    // Only who reads from the broker or from stdin goes on after a loss.
    plan->end.reconnect.reconnect =
        command_.tool == MosquittoTool::sub || command_.input == Input::lines;
    const OnSignal on_signal =
        command_.tool == MosquittoTool::sub ? OnSignal::exit_ok : OnSignal::reraise;
    return run(
        on_signal,
        [&](Reactor& reactor, Shutdown& shutdown) { return run_tool(reactor, shutdown, *plan); },
        [&](const Error& error) { return fail(error); });
  }

 private:
  asio::awaitable<Result<void>> run_tool(Reactor& reactor, Shutdown& shutdown, ClientPlan& plan) {
    if (command_.tool != MosquittoTool::rr)
      return run_client(reactor, shutdown, std::move(plan), command_.options.verb);
    return run_request(reactor, shutdown, std::move(plan));
  }

  asio::awaitable<Result<void>> run_request(Reactor& reactor, Shutdown& shutdown, ClientPlan plan) {
    keep_free_memory();
    const std::unique_ptr<RemoteEnd> end =
        make_remote_end(reactor, plan.end, {.read = true, .write = true});
    RpcOptions request;
    request.client = std::move(plan.client);
    request.response_topic = command_.response_topic;
    request.correlates = false;
    request.timeout = command_.options.timeout;
    co_return co_await run_rpc(reactor, shutdown, *end, std::move(request));
  }

  void tell(const std::string& line) const {
    if (!command_.options.quiet) Log::ready(line);
  }

  // What -s and -f name is there before anything is connected to.
  bool read_message() {
    if (command_.input != Input::all && command_.input != Input::file) {
      if (command_.input != Input::lines && command_.input != Input::none)
        command_.options.messages.push_back(command_.message);
      return true;
    }
    const bool from_stdin = command_.input == Input::all;
    const int fd =
        from_stdin ? dup(STDIN_FILENO) : open(command_.file.c_str(), O_RDONLY | O_CLOEXEC);
    std::string bytes;
    if (fd < 0 || read_all(fd, kMostPayload + 1, bytes) != 0) {
      const std::string shown = printable(command_.file, 4096);
      tell("Error: Unable to open file \"" + shown + "\".");
      tell("Error loading input file \"" + shown + "\".");
      return false;
    }
    if (from_stdin && bytes.empty()) {
      tell("Error: Zero length input.");
      tell("Error loading input from stdin.");
      return false;
    }
    command_.options.messages.push_back(std::move(bytes));
    return true;
  }

  void fill_client(ClientOptions& client) {
    client.timeout = command_.options.timeout;
    client.fails_in_time = true;
    client.only_subscribes = command_.exits_when_subscribed;
    client.until_live = command_.options.retained_only;
    client.repeat = command_.repeat;
    client.repeat_delay = command_.repeat_delay;
    client.framing.max_message = kMostPayload;
    client.framing.escape = Escape::none;
    // A CR before the newline is the message's.
    client.framing.kind = FramingKind::delimiter;
    client.framing.delimiter = "\n";
    MosquittoFormat format = command_.format;
    format.seed = Random::from_system().next();
    format.tell = [this](const std::string& line) { tell(line); };
    client.framing.mosquitto = std::make_shared<const MosquittoFormat>(std::move(format));
  }

  void fill_mqtt(MqttClientOptions& mqtt) {
    mqtt.user = command_.user.value_or("");
    mqtt.password = command_.password;
    mqtt.client_id = command_.id.value_or("");
    mqtt.clean = command_.clean;
    mqtt.session_expiry.reset();
    if (command_.options.protocol == MqttProtocol::v5)
      mqtt.session_expiry = std::chrono::seconds(command_.session_expiry.value_or(0));
    mqtt.protocol = command_.options.protocol;
    mqtt.max_message = kMostPayload;
    if (command_.tool == MosquittoTool::rr) mqtt.filters = {command_.response_topic};
    if (command_.tool == MosquittoTool::rr || command_.options.retained_only)
      mqtt.retained = Retained::all;
    mqtt.topic = command_.topic;
    mqtt.removes_retained = command_.removes_retained;
    v5_ = command_.options.protocol == MqttProtocol::v5;

    MqttManner manner;
    manner.connect = command_.connect;
    manner.publish = command_.publish;
    if (command_.tool == MosquittoTool::rr)
      manner.publish.push_back(
          {.identifier = mqtt_property::kResponseTopic, .text = command_.response_topic});
    manner.subscribe = command_.subscribe;
    manner.unsubscribe = command_.unsubscribe;
    manner.disconnect = command_.disconnect;
    manner.will = command_.will;
    manner.subscription_options = command_.subscription_options;
    manner.unsubscribed = command_.unsubscribed;
    manner.farewell = kWithWill;
    manner.most_under_way = command_.most_under_way;
    const auto count = command_.options.count;
    if (count && *count < 20) manner.receive_maximum = static_cast<std::uint16_t>(*count);
    if (command_.debug && !command_.options.quiet && command_.tool == MosquittoTool::sub)
      manner.subscribed = [](int packet, const std::vector<int>& codes) {
        std::string line = "Subscribed (mid: " + std::to_string(packet) + "):";
        for (std::size_t at = 0; at < codes.size(); ++at)
          line += (at == 0 ? " " : ", ") + std::to_string(codes[at]);
        write_out(line + "\n");
      };
    manner.refused = [this](int packet, int reason) {
      if (command_.tool == MosquittoTool::pub)
        tell("Warning: Publish " + std::to_string(packet) + " failed: " + reason_text(reason) +
             ".");
    };
    mqtt.manner = std::make_shared<const MqttManner>(std::move(manner));
  }

  void show_packets() {
    trace::give_packets_to([lines = MosquittoLines()](std::string_view way,
                                                      const mqtt::Packet& packet, bool v5) mutable {
      lines.describe(way == ">", packet, v5,
                     [](const std::string& line) { write_out(line + "\n"); });
    });
  }

  static std::string reason_text(int reason) {
    std::string text(mqtt::reason_name(static_cast<std::uint8_t>(reason)));
    if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
      text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return text;
  }

  std::string refusal_text(int code) const {
    if (v5_) return reason_text(code);
    constexpr std::string_view kWords[] = {"unacceptable protocol version", "identifier rejected",
                                           "broker unavailable", "bad user name or password",
                                           "not authorised"};
    if (code < 1 || code > 5) return "Connection Refused: unknown reason.";
    return "Connection Refused: " + std::string(kWords[code - 1]) + ".";
  }

  // Tells of the error, and gives the exit code that Mosquitto's client would have.
  int fail(const Error& error) const {
    if (error.fault() == Fault::timeout) {
      tell("Timed out");
      return kTimedOut;
    }
    if (error.cause() == Cause::mqtt_connack) {
      tell("Connection error: " + refusal_text(error.number()));
      if (command_.tool == MosquittoTool::pub) tell("Error: The connection was refused.");
      return error.number();
    }
    if (error.cause() == Cause::subscription_refused) {
      tell(command_.tool == MosquittoTool::rr ? reason_text(error.number())
                                              : "All subscription requests were denied.");
      return 0;
    }
    if (error.cause() == Cause::unknown_name)
      tell("Unable to connect (Lookup error.).");
    else if (error.cause() == Cause::no_connection)
      tell("Error: " + std::generic_category().message(error.number()));
    else
      tell("Error: " + error.text());
    if (error.cause() == Cause::connection_lost) return kConnectionLost;
    return error.fault() == Fault::tls ? kTls : kFailed;
  }

  MosquittoCommand command_;
  bool v5_ = false;
};

}  // namespace

int run_mosquitto(int count, char** arguments) {
  const auto tool = count > 0 ? mosquitto_tool(arguments[0]) : std::nullopt;
  if (!tool)
    return report(Error(Fault::usage,
                        "--mosquitto goes before pub, sub or rr: "
                        "rtmqtt --mosquitto sub -h HOST -t TOPIC"));
  Log::configure("rtmqtt", LogLevel::quiet);
  std::vector<std::string> line;
  for (int i = 1; i < count; ++i) line.emplace_back(arguments[i]);
  auto parsed =
      parse_mosquitto(*tool, line, configuration_of(*tool), static_cast<std::uint64_t>(getpid()));
  if (const auto* const end = std::get_if<MosquittoEnd>(&parsed)) {
    write_out(end->out);
    std::string_view text = end->err;
    while (!text.empty()) {
      const std::size_t newline = text.find('\n');
      Log::ready(text.substr(0, newline));
      text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    }
    return end->code;
  }
  return Run(std::get<MosquittoCommand>(std::move(parsed))).go();
}

}  // namespace rt
