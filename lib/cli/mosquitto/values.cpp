#include "cli/mosquitto/values.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt::cli::mosquitto {

int number_of(const std::string& text) {
  const long value = std::strtol(text.c_str(), nullptr, 10);
  return static_cast<int>(std::clamp<long>(value, -1'000'000'000, 1'000'000'000));
}
double fraction_of(const std::string& text) {
  return std::strtod(text.c_str(), nullptr);
}

std::string take_input(Draft& draft, Input input) {
  if (draft.command.input != Input::none)
    return "Error: Only one type of message can be sent at once.\n\n";
  draft.command.input = input;
  return kNothingWrong;
}

std::string fault_of_text(const std::string& text, std::string_view where) {
  if (valid_mqtt_text(text)) return kNothingWrong;
  return "Error: Malformed UTF-8 in " + std::string(where) + " argument.\n\n";
}

std::string fault_of_name(const std::string& topic, std::string_view kind) {
  if (!has_wildcards(topic)) return kNothingWrong;
  return "Error: Invalid " + std::string(kind) + " topic '" + topic +
         "', does it contain '+' or '#'?\n";
}

std::string fault_of_mask(const std::string& filter, std::string_view kind) {
  if (valid_filter(filter)) return kNothingWrong;
  return "Error: Invalid " + std::string(kind) + " topic '" + filter +
         "', are all '+' and '#' wildcards correct?\n";
}

std::string take_topic(Draft& draft, const std::string& topic, std::string_view where) {
  if (std::string wrong = fault_of_text(topic, where); !wrong.empty()) return wrong;
  if (draft.command.tool == MosquittoTool::sub) {
    if (std::string wrong = fault_of_mask(topic, "subscription"); !wrong.empty()) return wrong;
    draft.command.options.topics.push_back(topic);
    return kNothingWrong;
  }
  draft.command.topic = topic;
  return fault_of_name(topic, "publish");
}

std::string take_url(Draft& draft, const std::string& text) {
  std::string_view rest = text;
  const std::string scheme = ascii_lower(text.substr(0, 8));
  if (scheme.starts_with("mqtt://")) {
    rest.remove_prefix(7);
    draft.port = 1883;
  } else if (scheme == "mqtts://") {
    rest.remove_prefix(8);
    draft.port = 8883;
    draft.tls = true;
  } else {
    return "Error: unsupported URL scheme.\n\n";
  }
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos)
    return "Error: Invalid URL for -L argument specified - topic missing.\n";
  const std::string topic(rest.substr(slash + 1));
  if (std::string wrong = take_topic(draft, topic, "-L topic"); !wrong.empty()) return wrong;
  rest = rest.substr(0, slash);
  if (const std::size_t at = rest.find('@'); at != std::string_view::npos) {
    const std::string_view login = rest.substr(0, at);
    const std::size_t colon = login.find(':');
    draft.command.user = std::string(login.substr(0, colon));
    if (colon != std::string_view::npos) draft.command.password = login.substr(colon + 1);
    rest.remove_prefix(at + 1);
  }
  const std::size_t colon = rest.find(':');
  draft.host = rest.substr(0, colon);
  if (colon != std::string_view::npos) draft.port = number_of(std::string(rest.substr(colon + 1)));
  return kNothingWrong;
}

std::string take_keepalive(Draft& draft, const std::string& text) {
  const int seconds = number_of(text);
  if (seconds < 5 || seconds > 65535)
    return "Error: Invalid keepalive given, it must be between 5 and 65535 inclusive.\n\n";
  draft.command.options.mqtt_keepalive = std::chrono::seconds(seconds);
  return kNothingWrong;
}

std::string take_expiry(Draft& draft, const std::string& text) {
  if (text == "\xE2\x88\x9E") {  // the sign of infinity
    draft.expiry = 0xFFFF'FFFF;
    return kNothingWrong;
  }
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 0);
  if (end == text.c_str() || *end != '\0')
    return "Error: session-expiry-interval not a number.\n\n";
  if (value > 0xFFFF'FFFF || value < -1) return "Error: session-expiry-interval out of range.\n\n";
  draft.expiry = value == -1 ? 0xFFFF'FFFF : value;
  return kNothingWrong;
}

std::string take_version(Draft& draft, const std::string& text) {
  MqttProtocol& protocol = draft.command.options.protocol;
  if (text == "mqttv31" || text == "31")
    protocol = MqttProtocol::v31;
  else if (text == "mqttv311" || text == "311")
    protocol = MqttProtocol::v311;
  else if (text == "mqttv5" || text == "5")
    protocol = MqttProtocol::v5;
  else
    return "Error: Invalid protocol version argument given.\n\n";
  return kNothingWrong;
}

std::string take_format(Draft& draft, const std::string& text) {
  const std::string fault = fault_of_mosquitto_format(text);
  if (!fault.empty()) return "Error: " + fault + "\n";
  draft.command.format.text = text;
  return kNothingWrong;
}

std::string take_proxy(Draft& draft, const std::string& text) {
  if (!text.starts_with("socks5h://")) return "Error: Unsupported proxy protocol: " + text + "\n";
  // Ours reads all that a URL can have, and wants the port that theirs takes for granted.
  std::string url = text;
  const std::size_t host = url.rfind('@') == std::string::npos ? 10 : url.rfind('@') + 1;
  if (url.find(':', url.find(']', host) == std::string::npos ? host : url.find(']', host)) ==
      std::string::npos)
    url += ":1080";
  draft.command.options.network.proxy = url;
  return kNothingWrong;
}

std::string cannot(Draft& draft, std::string_view option, std::string_view why) {
  if (draft.unsupported.empty())
    draft.unsupported =
        "Error: " + std::string(option) + " is not possible here: " + std::string(why) + ".\n";
  return kNothingWrong;
}

}  // namespace rt::cli::mosquitto
