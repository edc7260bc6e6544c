#include "app/topic_picker.hpp"

#include <memory>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {

Result<void> TopicPicker::prepare() {
  return from_ && from_->pointer ? picker_.prepare() : Result<void>();
}

Result<MessagePtr> TopicPicker::apply(const MessagePtr& message) {
  Message out = *message;
  std::string topic;
  if (from_->pointer) {
    picked_.clear();
    const bool json = picker_.pick(message->payload, *from_->pointer, picked_);
    if (!json || picked_.empty())
      return Error(Fault::usage, "--topic-from: there is no " + from_->pointer->text() +
                                     " in a message" + (json ? "" : ": it is no JSON"));
    topic = picked_.front().text;
  } else {
    const std::size_t space = message->payload.find(' ');
    topic = message->payload.substr(0, space);
    out.payload.erase(0, space == std::string::npos ? space : space + 1);
  }
  if (!from_->below.empty()) topic = from_->below + "/" + topic;
  if (!valid_topic(topic))
    return Error(Fault::usage,
                 "--topic-from: '" + printable(topic) + "' cannot be a topic to publish to");
  out.channel = channel_of(topic);
  return MessagePtr(std::make_shared<Message>(std::move(out)));
}

}  // namespace rt
