#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "model/message.hpp"

// What the members of an envelope mean, whoever reads the JSON around them.
namespace rt::envelope {

enum class Key : std::uint8_t {
  unknown,
  v,
  time,
  channel,
  topic,
  id,
  origin_id,
  via,
  event,
  content_type,
  qos,
  retain,
  properties,
  binary,
  data,
  data_base64,
  gap,
  response_topic,
  correlation,
  correlation_base64,
  expiry,
};

// What is said of a member: "\"qos\" must be 0, 1 or 2".
std::string named(std::string_view name, std::string_view rest);

// Checks members one by one and puts them into a message that was as default-constructed. Every
// function that returns bool is false when the envelope is wrong; problem() says why.
class Draft {
 public:
  void begin();

  // Of time, topic, data, data_base64 and what MqttFacts has as text; nullopt stands for null.
  bool take_text(Key key, const std::optional<std::string_view>& value, Message& message);
  // What a member must be that is a number, true or false: v, qos, retain, binary, expiry.
  static std::string_view wanted(Key key);
  // One of these as it is written, null among them.
  bool take_token(Key key, std::string_view written, Message& message);
  // The others need no check; a gap is filled in by the caller.
  std::optional<Gap>& gap() { return gap_; }

  // Checks what has come as a whole.
  bool complete(Message& message);

  // Says what is wrong; always false.
  bool wrong(std::string problem);
  const std::string& problem() const { return problem_; }

 private:
  bool take_time(std::string_view written, Message& message);
  bool take_fact(Key key, std::string_view written);
  MqttFacts& facts();

  std::string problem_;
  std::string topic_;
  std::optional<Gap> gap_;
  std::shared_ptr<MqttFacts> facts_;  // null: the envelope has none
  bool has_data_ = false;
  bool has_base64_ = false;
  bool binary_ = false;
};

}  // namespace rt::envelope
