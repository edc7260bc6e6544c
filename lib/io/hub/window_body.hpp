#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "codec/message_pieces.hpp"
#include "engine/hub.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// How an answer says its messages. Shared answers are looked up by this number.
enum class ReadForm : std::uint8_t { ndjson, json_array, latest_message };

// The cursor of who has read everything before this position of the channel.
MessageId cursor_before(const Hub& hub, Channel& channel, std::uint64_t position);

// The body of an answer with messages of a channel, and the cursor behind them.
class WindowBody {
 public:
  // About so many bytes are kept for an answer that is not written in pieces.
  static constexpr std::size_t kMost = 1u << 20;

  WindowBody(ReadForm form, std::optional<std::uint64_t> limit);

  void add_gap(std::string_view from, std::optional<std::uint64_t> missed);
  // Only while it is not full, nor in the middle of a message.
  void add(const Message& message, const MessageId& id, std::string_view channel);
  // From the window: moves the position on, up to `end` or until there are so many bytes. What left
  // the window meanwhile is said to be missed. A message that grows much is made a piece at a time:
  // the position has passed it then, and the next call goes on with it.
  void add_window(Hub& hub, Channel& channel, std::uint64_t& position, std::uint64_t end,
                  std::size_t most);
  // In the middle of such a message: it holds the message.
  bool in_middle() const { return middle_ != nullptr; }
  // Of the message that was added last, or is being made; and how many bytes have been made of
  // that.
  std::uint64_t sequence() const { return last_.sequence; }
  std::uint64_t made() const { return middle_ ? middle_->made : 0; }
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
  struct Middle {
    SharedBytes payload;  // counted while it is held
    v1::MessagePieces pieces;
    std::uint64_t made = 0;
  };

  void begin_line();
  void begin_middle(const Hub& hub, const Entry& entry, const SharedBytes& payload);
  void go_on(std::size_t most);

  std::string body_;
  std::unique_ptr<Middle> middle_;
  MessageId last_;  // that was added
  std::optional<std::uint64_t> limit_;
  std::uint64_t messages_ = 0;
  std::size_t lines_ = 0;
  ReadForm form_;
  bool gap_ = false;
};

}  // namespace rt
