#include "codec/envelope_draft.hpp"

#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt::envelope {

std::string named(std::string_view name, std::string_view rest) {
  std::string text = "\"";
  text += name;
  text += "\" ";
  text += rest;
  return text;
}

void Draft::begin() {
  gap_.reset();
  facts_.reset();
  topic_.clear();
  has_data_ = has_base64_ = binary_ = false;
}

bool Draft::wrong(std::string problem) {
  problem_ = std::move(problem);
  return false;
}

bool Draft::take_text(Key key, const std::optional<std::string_view>& value, Message& message) {
  if (key == Key::time) {
    message.time = {};
    return !value || take_time(*value, message);
  }
  if (key == Key::topic) {
    topic_ = value.value_or("");
    return true;
  }
  if (key == Key::data) {
    if (!value) return wrong("\"data\" must be a string");
    message.payload = *value;
    has_data_ = true;
    return true;
  }
  if (key != Key::data_base64) return !value || take_fact(key, *value);
  if (!value) return wrong("\"data_base64\" must be a string");
  auto payload = base64_decode(*value);
  if (!payload) return wrong("\"data_base64\" is not valid base64");
  message.payload = std::move(*payload);
  has_base64_ = true;
  return true;
}

MqttFacts& Draft::facts() {
  if (!facts_) facts_ = std::make_shared<MqttFacts>();
  return *facts_;
}

bool Draft::take_fact(Key key, std::string_view written) {
  if (key == Key::response_topic) {
    facts().response_topic = written;
  } else if (key == Key::correlation) {
    facts().correlation = written;
  } else {
    auto bytes = base64_decode(written);
    if (!bytes) return wrong("\"correlation_base64\" is not valid base64");
    facts().correlation = std::move(*bytes);
  }
  return true;
}

bool Draft::take_time(std::string_view written, Message& message) {
  constexpr std::string_view kProblem = "must be a time such as \"2026-01-02T03:04:05.678901Z\"";
  const auto time = parse_time(written);
  if (!time) return wrong(named("time", kProblem));
  // An offset can lead out of the years that RFC 3339 can write.
  using namespace std::chrono;
  const auto year = year_month_day(floor<days>(*time)).year();
  if (year < std::chrono::year{0} || year > std::chrono::year{9999})
    return wrong(named("time", kProblem));
  message.time = *time;
  return true;
}

std::string_view Draft::wanted(Key key) {
  if (key == Key::v) return "must be 1";
  if (key == Key::expiry) return "must be a whole number of seconds";
  return key == Key::qos ? "must be 0, 1 or 2" : "must be true or false";
}

bool Draft::take_token(Key key, std::string_view written, Message& message) {
  if (key == Key::v) {
    if (written == "1" || written == "null") return true;
    return wrong("\"v\" is " + printable(written) + ", only version 1 is known");
  }
  if (key == Key::qos) {
    if (written == "null") written = "0";
    if (written != "0" && written != "1" && written != "2") return wrong(named("qos", wanted(key)));
    message.qos = static_cast<std::uint8_t>(written[0] - '0');
    return true;
  }
  if (key == Key::expiry) {
    if (written == "null") return true;
    const auto seconds = parse_uint(written);
    if (!seconds || *seconds > 0xFFFF'FFFF) return wrong(named("expiry", wanted(key)));
    facts().expiry = static_cast<std::uint32_t>(*seconds);
    return true;
  }
  if (written != "true" && written != "false" && written != "null")
    return wrong(named(key == Key::retain ? "retain" : "binary", wanted(key)));
  (key == Key::retain ? message.retain : binary_) = written == "true";
  return true;
}

bool Draft::complete(Message& message) {
  if (message.channel.empty() && !topic_.empty()) message.channel = channel_of(topic_);
  if (int{has_data_} + int{has_base64_} + int{gap_.has_value()} > 1)
    return wrong("more than one of \"data\", \"data_base64\" and \"gap\"");
  if (gap_) {
    Message report;
    report.channel = std::move(message.channel);
    report.gap = std::make_shared<const Gap>(std::move(*gap_));
    message = std::move(report);
    return true;
  }
  if (!has_data_ && !has_base64_) return wrong("neither \"data\" nor \"data_base64\"");
  if (facts_) message.mqtt = std::move(facts_);
  message.kind = has_base64_ || binary_ ? PayloadKind::binary : PayloadKind::text;
  return true;
}

}  // namespace rt::envelope
