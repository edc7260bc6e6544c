#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "engine/log.hpp"
#include "io/hub/context.hpp"
#include "model/message.hpp"

namespace rt {

// Takes what is published, by whomever, checks it and gives it to the log.
class Publisher {
 public:
  explicit Publisher(const HubContext& hub) : hub_(hub) {}

  // Never given again, as an address might be, and odd, as none is.
  const void* new_token() { return reinterpret_cast<const void*>(tokens_ += 2); }

  // What no channel could take. Errors: usage.
  Result<void> check(const Message& message) const;
  // The message as this channel's (a canonical name): with a time, and without an id; one that it
  // brings along becomes its origin_id.
  static MessagePtr for_channel(std::string_view channel, std::shared_ptr<Message> message,
                                WallTime now);
  static MessagePtr for_channel(std::string_view channel, Message message, WallTime now) {
    return for_channel(channel, std::make_shared<Message>(std::move(message)), now);
  }

  // Appends a batch of one channel, all or nothing; its messages are for_channel(). The window is
  // looked for where the first record has none. The listener is told (see MessageLog::append) only
  // when nothing is returned. Errors: other, when there is no room for another channel.
  std::optional<Error> append(std::span<Record> batch, AppendListener& done);
  // The same for what a client publishes. Where the hub does not relay, it is passed on to
  // on_unkept() instead, and done at once.
  std::optional<Error> publish(std::span<Record> batch, AppendListener& done);
  // One message of something in this process that publishes as a client does, under an origin. The
  // name is made canonical. The message itself is kept, not a copy, where nothing of it changes: it
  // has this channel's canonical name, a time and no id. Errors: usage (a name that is no channel,
  // too long), other.
  std::optional<Error> publish(std::string_view channel, const MessagePtr& message,
                               const void* origin, WallTime now, AppendListener& done);

  // Called for what clients publish to the output's channel where it is not kept.
  void on_unkept(std::function<void(const MessagePtr&)> callback) {
    on_unkept_.push_back(std::move(callback));
  }
  // What is published has an id.
  bool keeps() const { return hub_.options.relay; }

 private:
  const HubContext& hub_;
  std::vector<std::function<void(const MessagePtr&)>> on_unkept_;
  std::uintptr_t tokens_ = 1;
};

}  // namespace rt
