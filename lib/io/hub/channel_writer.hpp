#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "engine/hub.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/wire.hpp"

namespace rt {

// Writes a channel to a stream or socket from a cursor on: the part that SSE and WebSocket share.
// Keeps no copy: a cut message is remembered as its shared bytes and an offset. A reader whose
// cursor lies before the window reads the log until it meets the window (it is loading); it is told
// of a gap when the log does not have what is missing either.
class ChannelWriter {
 public:
  explicit ChannelWriter(Wire wire);
  ~ChannelWriter();
  ChannelWriter(const ChannelWriter&) = delete;
  ChannelWriter& operator=(const ChannelWriter&) = delete;

  struct Target {
    // Takes bytes now; fewer than given: blocked until writable.
    virtual std::size_t take(std::string_view bytes) = 0;

   protected:
    ~Target() = default;
  };
  enum class Outcome : std::uint8_t { all_written, blocked, loading, gap_not_sayable };

  // Attaches the reader where it starts. With a gap, `from` is what it gave as the id it had.
  void begin(Delivery& delivery, Subscriber& reader, Channel& channel, const Start& start,
             std::string_view from);
  // Writes from the cursor to the end of the channel. Entries of `own` origin are passed over.
  // While it is loading, reader.flush() is called when there is more to write. After a gap that
  // this wire cannot say it reads on at the end.
  Outcome write(Delivery& delivery, Subscriber& reader, Target& target, const void* own);
  // Bytes that go before what is still to be read.
  void push(std::string bytes);

  bool blocked() const { return blocked_; }
  void unblock() { blocked_ = false; }

 private:
  struct Behind;
  enum class Step : std::uint8_t { on, wait, not_sayable };

  void fall_behind(Delivery& delivery, Subscriber& reader);
  Step catch_up(Subscriber& reader, const void* own);
  void meet_window(Subscriber& reader);
  bool push_gap(Delivery& delivery, std::string_view from, std::optional<std::uint64_t> missed);
  bool drain(Target& target);
  bool write_chunk(Delivery& delivery, Reader& reader, Target& target);
  bool write_others(Delivery& delivery, Reader& reader, Target& target, const void* own);
  void pass(std::uint64_t sequence);

  SharedBytes rest_;  // a message that was cut, or bytes pushed
  std::size_t rest_offset_ = 0;
  std::uint64_t last_sequence_ = 0;  // of the newest entry that was written or passed over, or
                                     // where the reader started
  std::unique_ptr<Behind> behind_;   // while the cursor lies before the window
  Wire wire_;
  bool blocked_ = false;
  bool written_ = false;  // an entry was
};

}  // namespace rt
