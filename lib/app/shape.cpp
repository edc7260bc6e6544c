#include "app/shape.hpp"

#include <algorithm>
#include <memory>

#include "codec/envelope.hpp"
#include "codec/json_parts.hpp"
#include "codec/json_string.hpp"
#include "model/topic.hpp"

namespace rt {

bool ShapeOptions::leaves_alone() const {
  return Selection(selection).idle() && transform.empty() && !pick && !each_key &&
         send_as == SendAs::by_content && content_type.empty() && properties.empty() && !retain &&
         !envelope;
}

Shape::Shape(const ShapeOptions& options) : options_(options), selection_(options.selection) {}

Result<void> Shape::prepare() {
  Result<void> ready = selection_.prepare();
  if (ready && (options_.pick || options_.each_key)) ready = picker_.prepare();
  return ready;
}

bool Shape::pick(const Message& message, const JsonPointer& pointer, PickedValue& out) {
  picked_.clear();
  if (!picker_.pick(message.payload, pointer, picked_) || picked_.empty()) return false;
  out = std::move(picked_.front());
  return true;
}

// Its members, each below the topic.
bool Shape::take_apart(const Message& message, std::vector<Message>& out) {
  PickedValue object;
  if (!pick(message, *options_.each_key, object) || !is_json_object(object.json)) return false;
  const std::string topic = topic_of(message.channel);
  JsonParts parts(object.json);
  while (const auto part = parts.next()) {
    Message member = message;
    const std::string name = json_unescaped(part->name);
    member.channel = channel_of(topic.empty() ? name : topic + "/" + name);
    if (check_channel(member.channel) != ChannelFault::none) return false;
    member.payload = json_text(part->value);
    member.kind = PayloadKind::text;
    member.guessed = false;
    out.push_back(std::move(member));
  }
  return true;
}

void Shape::finish(Message& message) const {
  if (options_.send_as != SendAs::by_content) {
    message.kind = options_.send_as == SendAs::text ? PayloadKind::text : PayloadKind::binary;
    message.guessed = false;
  }
  if (!options_.content_type.empty()) message.content_type = options_.content_type;
  if (options_.retain) message.retain = *options_.retain;
  for (const auto& [name, value] : options_.properties) {
    std::erase_if(message.properties,
                  [&wanted = name](const auto& one) { return one.first == wanted; });
    message.properties.emplace_back(name, value);
  }
  if (!options_.envelope) return;
  std::string text;
  envelope::append(text, message, {});
  message.payload = std::move(text);
  message.kind = PayloadKind::text;
  message.content_type = "application/json";
}

bool Shape::dress(const MessagePtr& message, Batch& out) {
  if (message->gap) {
    out.push_back(message);
    return true;
  }
  std::vector<Message> parts;
  if (options_.pick) {
    PickedValue value;
    if (!pick(*message, *options_.pick, value)) return false;
    Message part = *message;
    part.payload = std::move(value.text);
    part.kind = PayloadKind::text;
    parts.push_back(std::move(part));
  } else {
    parts.push_back(*message);
  }
  if (options_.each_key) {
    std::vector<Message> members;
    if (!take_apart(parts.front(), members)) return false;
    parts = std::move(members);
  }
  for (Message& part : parts) {
    finish(part);
    out.push_back(std::make_shared<Message>(std::move(part)));
  }
  return true;
}

}  // namespace rt
