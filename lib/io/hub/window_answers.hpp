#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/hub.hpp"
#include "io/hub/delivery.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// How an answer says its messages. Shared answers are looked up by this number.
enum class ReadForm : std::uint8_t { ndjson, json_array, latest_message };

// The cursor of who has read everything before this position of the channel.
MessageId cursor_before(const Hub& hub, Channel& channel, std::uint64_t position);

// The body of an answer with messages of a channel, and the cursor behind them.
class WindowBody {
 public:
  WindowBody(ReadForm form, std::optional<std::uint64_t> limit);

  void add_gap(std::string_view from, std::optional<std::uint64_t> missed);
  // Only while it is not full.
  void add(const Message& message, const MessageId& id, std::string_view channel);
  // From the window: moves the position on, up to `end` or until there are so many bytes. What left
  // the window meanwhile is said to be missed.
  void add_window(const Hub& hub, Channel& channel, std::uint64_t& position, std::uint64_t end,
                  std::size_t most);
  // It has as many messages as were asked for, or as many bytes as are kept for an answer: the rest
  // comes with the next cursor.
  bool full() const;
  // How many messages it may still have, at most so many.
  std::size_t room(std::size_t most) const;
  // What has gathered, for an answer that is written in pieces; `last`: with its end.
  std::string take(bool last);
  // The fields of the answer; RT-Next is this cursor.
  http::Fields fields(const MessageId& cursor) const;
  // The whole answer.
  Response finish(const MessageId& cursor);

 private:
  void begin_line();

  std::string body_;
  MessageId last_;  // that was added
  std::optional<std::uint64_t> limit_;
  std::uint64_t messages_ = 0;
  std::size_t lines_ = 0;
  ReadForm form_;
  bool gap_ = false;
};

// The answers of a hub's windows to those who poll.
class WindowAnswers {
 public:
  explicit WindowAnswers(Delivery& delivery) : hub_(delivery.hub()), counts_(delivery.counts()) {}

  // The latest message itself; the channel has one. Lasts until the next call.
  const Response& latest(Channel& channel);
  // Of the last answer of latest().
  const std::string& latest_etag() const { return latest_etag_; }

  // Every message from `start` on. `channel` is null for one that is not there. `from`: the id that
  // led to a gap.
  Response window(Channel* channel, const Start& start, std::string_view from, ReadForm form,
                  std::optional<std::uint64_t> limit);

 private:
  Hub& hub_;
  DeliveryCounts& counts_;
  // Kept for as long as it is the latest.
  const Channel* latest_channel_ = nullptr;
  std::uint64_t latest_sequence_ = 0;
  Response latest_;
  std::string latest_etag_;
};

}  // namespace rt
