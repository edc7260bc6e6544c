#include "io/hub/publisher.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "model/topic.hpp"

namespace rt {
namespace {

// What becomes header fields of answers has to fit into what clients take as a head.
constexpr std::size_t kMostMetadata = 8u << 10;

// A control character in a field would make the answer unreadable, and so the channel.
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

Result<void> Publisher::check(const Message& message) const {
  std::size_t sum = message.content_type.size() + message.event.size() + message.id.size() +
                    message.origin_id.size();
  for (const std::string& relay : message.via) sum += relay.size() + 8;
  if (sum > kMostMetadata)
    return Error(Fault::usage, "content type, event, ids and relays are longer than " +
                                   std::to_string(kMostMetadata) + " bytes together");
  if (sum > 0) {
    const bool bad_relay = std::any_of(message.via.begin(), message.via.end(), has_control);
    const bool bad_id = has_control(message.id) || has_control(message.origin_id);
    const std::string_view bad = has_control(message.content_type) ? "content type"
                                 : has_control(message.event)      ? "event"
                                 : bad_id                          ? "id"
                                 : bad_relay                       ? "relays"
                                                                   : "";
    if (!bad.empty()) return Error(Fault::usage, "a control character in the " + std::string(bad));
  }
  if (const std::string_view fault = fault_of_properties(message); !fault.empty())
    return Error(Fault::usage, "the message " + std::string(fault));
  return {};
}

// In place: a message is many strings, and each move of it costs as much as the rest of its way.
MessagePtr Publisher::for_channel(std::string_view channel, std::shared_ptr<Message> message,
                                  WallTime now) {
  message->channel = channel;
  message->time = now;
  // An id that a message brings along is where it comes from, not what it is called here.
  if (message->origin_id.empty()) message->origin_id.swap(message->id);
  message->id.clear();
  return message;
}

std::optional<Error> Publisher::append(std::span<Record> batch, AppendListener& done) {
  Channel* window = batch[0].window;
  if (window == nullptr) window = hub_.hub.find(batch[0].channel);
  if (window == nullptr) window = hub_.hub.open(batch[0].channel);
  if (window == nullptr)
    return Error(Fault::other, "no room for another channel: all " +
                                   std::to_string(hub_.hub.channel_count()) + " are in use");
  for (Record& record : batch) record.window = window;
  hub_.log.append(batch, done);
  return std::nullopt;
}

std::optional<Error> Publisher::publish(std::span<Record> batch, AppendListener& done) {
  if (keeps()) return append(batch, done);
  const std::string& output = hub_.options.output_channel;
  if (output.empty() || output == batch[0].channel)
    for (const Record& record : batch)
      for (const auto& callback : on_unkept_) callback(record.message);
  done.on_appended(MessageId{hub_.hub.epoch(), hub_.hub.last_sequence()});
  return std::nullopt;
}

std::optional<Error> Publisher::publish(std::string_view channel, const MessagePtr& message,
                                        const void* origin, WallTime now, AppendListener& done) {
  if (const Result<void> good = check(*message); !good) return good.error();
  if (message->payload.size() > hub_.hub.limits().max_message)
    return Error(Fault::usage, "the message is longer than --max-message");
  // A channel that exists has a checked, canonical name.
  Channel* const window = hub_.hub.find(channel);
  std::string canonical;
  if (window == nullptr) {
    if (const ChannelFault fault = check_channel(channel); fault != ChannelFault::none)
      return Error(Fault::usage, std::string(describe(fault)));
    canonical = canonical_channel(channel);
    channel = canonical;
  }
  Record record{channel, message, origin, window};
  if (message->channel != channel || message->time == WallTime{} || !message->id.empty())
    record.message =
        for_channel(channel, *message, message->time == WallTime{} ? now : message->time);
  return publish({&record, 1}, done);
}

}  // namespace rt
