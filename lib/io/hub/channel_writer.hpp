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
#include "io/hub/wire_pieces.hpp"

namespace rt {

// Writes a channel to a stream or socket from a cursor on: the part that SSE and WebSocket share.
// Keeps no copy: a cut message is remembered as its shared bytes and an offset, or as what is left
// of it to be made; and of that no more than a MiB is made in one turn of the loop. A reader whose
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
  // While it is loading, or has had its part of this turn, reader.flush() is called when there is
  // more to write. After a gap that
  // this wire cannot say it reads on at the end.
  Outcome write(Delivery& delivery, Subscriber& reader, Target& target, const void* own);
  // Messages may be compressed from now on.
  void compress() { wire_ = compressed(wire_); }
  // Bytes that go before what is still to be read.
  void push(std::string bytes);

  bool blocked() const { return blocked_; }
  // Nothing waits to be written before what is still to be read.
  bool idle() const { return !blocked_ && !cut_ && !behind_; }
  void unblock();
  // Forgets what is cut; nothing may be written any more.
  void give_up();

 private:
  struct Behind;
  // What it is in the middle of. An idle reader has none.
  struct Cut {
    SharedBytes rest;  // of a message, or of bytes pushed
    std::size_t offset = 0;
    std::unique_ptr<WirePieces> pieces;  // after it
    std::size_t made = 0;                // bytes of them in this turn
    std::uint64_t taken = 0;             // bytes of all of it
    PlaceInLine stall;
    PlaceInLine next_turn;
  };
  enum class Step : std::uint8_t { on, wait, not_sayable };

  void fall_behind(Delivery& delivery, Subscriber& reader);
  Step catch_up(Subscriber& reader, const void* own);
  void meet_window(Subscriber& reader);
  bool push_gap(Delivery& delivery, std::string_view from, std::optional<std::uint64_t> missed);
  Outcome block(Delivery& delivery, Subscriber& reader);
  bool drain(Target& target);
  bool write_rest(Target& target);
  void begin_long(Hub& hub, Channel& channel, Entry& entry);
  bool write_chunk(Delivery& delivery, Reader& reader, Target& target);
  bool write_others(Delivery& delivery, Reader& reader, Target& target, const void* own);
  void pass(std::uint64_t sequence);
  void set_rest(SharedBytes rest, std::size_t offset = 0);

  std::unique_ptr<Cut> cut_;
  std::uint64_t last_sequence_ = 0;  // of the newest entry that was written or passed over, or
                                     // where the reader started
  std::unique_ptr<Behind> behind_;   // while the cursor lies before the window
  Wire wire_;
  bool blocked_ = false;
  bool written_ = false;  // an entry was
};

}  // namespace rt
