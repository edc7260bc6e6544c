#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "cli/options/options.hpp"
#include "model/mosquitto_format.hpp"
#include "model/mqtt_property.hpp"

// The command lines of Mosquitto's own clients, version 2.0.11: rtmqtt --mosquitto pub|sub|rr.
namespace rt {

enum class MosquittoTool : std::uint8_t { pub, sub, rr };

// What such a line says beside what our own options can say.
struct MosquittoCommand {
  enum class Input : std::uint8_t { none, argument, lines, all, file, empty };

  MosquittoTool tool = MosquittoTool::pub;
  // What is the same as an option of ours: url, topics, excludes, qos, retain, will_*, network,
  // tls, count, timeout, mqtt_keepalive, protocol, retained_only, no_retained, quiet.
  Options options;

  std::optional<std::string> user;
  std::optional<std::string> password;
  std::optional<std::string> id;  // with what -I adds
  bool clean = true;
  std::optional<std::uint32_t> session_expiry;  // seconds; 0xffffffff: for ever
  bool debug = false;
  std::uint16_t most_under_way = 20;

  Input input = Input::none;  // pub, rr
  std::string message;        // of Input::argument
  std::string file;           // of Input::file
  std::string topic;          // to publish to
  std::string response_topic;
  std::uint64_t repeat = 1;
  Milliseconds repeat_delay{};

  MosquittoFormat format;  // sub, rr
  bool exits_when_subscribed = false;
  bool removes_retained = false;
  std::vector<std::string> unsubscribed;
  int subscription_options = 0;  // of MQTT 5

  MqttProperties connect;
  MqttProperties publish;
  MqttProperties subscribe;
  MqttProperties unsubscribe;
  MqttProperties disconnect;
  MqttProperties will;
};

// The program ends here: what it says, and its exit code.
struct MosquittoEnd {
  std::string out;
  std::string err;
  int code = 1;
};

// "pub", "sub", "rr".
std::optional<MosquittoTool> mosquitto_tool(std::string_view name);
// "mosquitto_pub".
std::string mosquitto_name(MosquittoTool tool);

// Reads a line without the program's name. `configuration`: the text of the tool's own file, whose
// lines stand before the arguments. `process`: what -I adds.
std::variant<MosquittoCommand, MosquittoEnd> parse_mosquitto(
    MosquittoTool tool, const std::vector<std::string>& arguments, std::string_view configuration,
    std::uint64_t process);

}  // namespace rt
