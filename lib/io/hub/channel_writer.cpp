#include "io/hub/channel_writer.hpp"

#include <utility>

#include "codec/ws_frame.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 64u << 10;
constexpr std::size_t kMostOfTurn = 1u << 20;
constexpr std::size_t kMostLoaded = 256;  // messages that are asked of the log at a time

// Of the last message before this position of the channel's window.
std::uint64_t sequence_before(Channel& channel, std::uint64_t position) {
  return position <= channel.begin() ? channel.floor() : channel.at(position - 1).sequence;
}

}  // namespace

// What a reader before its window has asked the log for, and what it has got.
struct ChannelWriter::Behind final : PastListener {
  Behind(Delivery& its_delivery, Subscriber& its_reader)
      : delivery(its_delivery), reader(its_reader) {}
  ~Behind() {
    if (asked) delivery.log().forget(*this);
  }

  void ask() {
    const Channel& channel = *reader.channel();
    floor = channel.floor();
    if (!known || cursor.epoch != delivery.hub().epoch()) {
      answer = Past{{}, false};
      return;
    }
    asked = true;
    asking = true;
    delivery.log().read(channel.name(), cursor.sequence, kMostLoaded, *this);
    asking = false;
  }
  // What cannot be read is as good as gone; so is what an earlier epoch had.
  void on_past(Result<Past> past) override {
    asked = false;
    const bool good = past.ok() && cursor.epoch == delivery.hub().epoch();
    answer = good ? std::move(*past) : Past{{}, false};
    if (!asking) reader.flush(delivery);
  }

  Delivery& delivery;
  Subscriber& reader;
  MessageId cursor;       // of the last message that the reader had, or that was loaded
  std::string from;       // how the gap names it
  bool known = true;      // the cursor is one of the log's
  bool at_start = false;  // the reader came so; it did not fall behind
  bool judged = false;    // whether there is a gap has been said
  bool loaded = false;    // something was
  bool asked = false;
  bool asking = false;      // the call has not returned
  std::uint64_t floor = 0;  // of the channel when it was asked
  std::optional<Past> answer;
};

ChannelWriter::ChannelWriter(Wire wire) : wire_(wire) {}
ChannelWriter::~ChannelWriter() = default;

void ChannelWriter::begin(Delivery& delivery, Subscriber& reader, Channel& channel,
                          const Start& start, std::string_view from) {
  channel.attach(reader, start.position);
  last_sequence_ = sequence_before(channel, start.position);
  if (!start.gap) return;
  behind_ = std::make_unique<Behind>(delivery, reader);
  behind_->cursor = parse_message_id(from).value_or(MessageId{});
  behind_->from = from;
  behind_->known = start.known;
  behind_->at_start = true;
}

void ChannelWriter::unblock() {
  blocked_ = false;
  if (cut_) cut_->stall.end();
}

void ChannelWriter::give_up() {
  cut_.reset();
  blocked_ = true;
}

void ChannelWriter::set_rest(SharedBytes rest, std::size_t offset) {
  if (!cut_) cut_ = std::make_unique<Cut>();
  cut_->rest = std::move(rest);
  cut_->offset = offset;
}

void ChannelWriter::push(std::string bytes) {
  if (!cut_) return set_rest(share(std::move(bytes)));
  if (cut_->pieces) return cut_->pieces->push(bytes);
  std::string joined(std::string_view(*cut_->rest).substr(cut_->offset));
  joined += bytes;
  set_rest(share(std::move(joined)));
}

bool ChannelWriter::push_gap(Delivery& delivery, std::string_view from,
                             std::optional<std::uint64_t> missed) {
  std::string bytes = gap_bytes(wire_, from, missed);
  ++delivery.counts().gaps;
  if (bytes.empty()) return false;
  push(std::move(bytes));
  return true;
}

void ChannelWriter::pass(std::uint64_t sequence) {
  last_sequence_ = sequence;
  written_ = true;
}

// --- before the window ---------------------------------------------------------------------------

void ChannelWriter::fall_behind(Delivery& delivery, Subscriber& reader) {
  behind_ = std::make_unique<Behind>(delivery, reader);
  behind_->cursor = delivery.hub().id_of(last_sequence_);
  if (written_) behind_->from = to_string(behind_->cursor);
}

// Goes on by one answer of the log. The next is asked for when this one is written.
ChannelWriter::Step ChannelWriter::catch_up(Subscriber& reader, const void* own) {
  Behind& behind = *behind_;
  Channel& channel = *reader.channel();
  if (!behind.answer && !behind.asked) behind.ask();
  if (!behind.answer) return Step::wait;
  const Past past = *std::exchange(behind.answer, std::nullopt);
  const bool nothing = past.records.empty();
  if (!past.whole) {
    std::optional<std::uint64_t> missed;
    if (nothing && !behind.judged)
      missed = behind.at_start ? channel.after(behind.cursor).missed
                               : channel.missed_before(reader.position);
    if (!push_gap(behind.delivery, behind.from, missed)) return Step::not_sayable;
  }
  behind.judged = true;
  std::string bytes;
  for (const Record& record : past.records) {
    behind.cursor.sequence = record.sequence;
    pass(record.sequence);
    if (own != nullptr && record.origin == own) continue;
    bytes += encode(*record.message, behind.cursor, channel.name(), wire_);
    ++behind.delivery.counts().delivered;
  }
  if (!bytes.empty()) push(std::move(bytes));
  if (!nothing) {
    behind.loaded = true;
    behind.from = to_string(behind.cursor);
  }
  // What left the window while the log was read is asked for, too.
  const bool all = nothing && (!past.whole || channel.floor() == behind.floor);
  if (all || behind.cursor.sequence >= channel.floor()) meet_window(reader);
  return Step::on;
}

void ChannelWriter::meet_window(Subscriber& reader) {
  Channel& channel = *reader.channel();
  const Hub& hub = behind_->delivery.hub();
  const Start start = channel.after(behind_->cursor);
  reader.position = start.gap ? channel.begin() : start.position;
  // After the gap: who is cut off between the two must not resume as if there were none.
  const bool says_cursor =
      behind_->at_start && !behind_->loaded && is_stream(wire_) && reader.position >= channel.end();
  behind_.reset();
  if (says_cursor) push("id: " + to_string(hub.cursor_of(channel)) + "\n\n");
}

// --- from the window -----------------------------------------------------------------------------

// Writes what waits before the log. True when all of it is out.
bool ChannelWriter::drain(Target& target) {
  while (cut_) {
    if (!write_rest(target)) return false;
    if (cut_->pieces && cut_->made >= kMostOfTurn) return false;
    std::string piece = cut_->pieces ? cut_->pieces->next() : std::string();
    if (piece.empty()) {
      cut_.reset();
    } else {
      cut_->made += piece.size();
      set_rest(share(std::move(piece)));
    }
  }
  return true;
}

bool ChannelWriter::write_rest(Target& target) {
  SharedBytes& rest = cut_->rest;
  while (rest) {
    const std::string_view bytes = std::string_view(*rest).substr(cut_->offset);
    // A WebSocket takes whole frames, all or none of what it is given.
    const std::size_t piece = is_stream(wire_) ? bytes.size() : ws::whole_frames(bytes, kChunk);
    const std::size_t taken = target.take(bytes.substr(0, piece));
    cut_->offset += taken;
    cut_->taken += taken;
    if (cut_->offset == rest->size()) {
      rest.reset();
      cut_->offset = 0;
    } else if (taken < piece) {
      return false;
    }
  }
  return true;
}

void ChannelWriter::begin_long(Hub& hub, Channel& channel, Entry& entry) {
  const SharedBytes& bytes = wire_bytes(hub, channel, entry, wire_);
  if (is_for_pieces(entry, bytes)) {
    set_rest(nullptr);
    cut_->pieces = std::make_unique<WirePieces>(hub, entry, bytes, wire_);
  } else {
    set_rest(bytes);
  }
}

bool ChannelWriter::write_chunk(Delivery& delivery, Reader& reader, Target& target) {
  Channel& channel = *reader.channel();
  std::uint64_t to = reader.position;
  const std::string_view bytes = delivery.chunk(channel, wire_, reader.position, to);
  Entry& first = channel.at(reader.position);
  if (bytes.size() > kChunk &&
      (!is_stream(wire_) ||
       is_for_pieces(first, wire_bytes(delivery.hub(), channel, first, wire_)))) {
    // One long message in several frames, or in pieces: taken one by one.
    begin_long(delivery.hub(), channel, first);
    pass(first.sequence);
    ++reader.position;
    ++delivery.counts().delivered;
    return drain(target);
  }
  std::size_t taken = target.take(bytes);
  if (taken == bytes.size()) {
    delivery.counts().delivered += to - reader.position;
    pass(channel.at(to - 1).sequence);
    reader.position = to;
    return true;
  }
  // Cut: find the message that the cut is in.
  while (taken > 0) {
    Entry& entry = channel.at(reader.position);
    const SharedBytes& own = wire_bytes(delivery.hub(), channel, entry, wire_);
    pass(entry.sequence);
    ++reader.position;
    ++delivery.counts().delivered;
    if (taken < own->size()) {
      set_rest(own, taken);
      cut_->taken = taken;
      break;
    }
    taken -= own->size();
  }
  return false;
}

// As write_chunk, without the reader's own publications.
bool ChannelWriter::write_others(Delivery& delivery, Reader& reader, Target& target,
                                 const void* own) {
  Channel& channel = *reader.channel();
  std::string joined;
  Entry* alone = nullptr;  // one long message
  std::uint64_t to = reader.position;
  std::uint64_t written = 0;
  for (; to < channel.end() && joined.size() < kChunk / 2; ++to) {
    Entry& entry = channel.at(to);
    if (entry.origin == own) continue;
    const SharedBytes& bytes = wire_bytes(delivery.hub(), channel, entry, wire_);
    if (!joined.empty() && joined.size() + bytes->size() > kChunk) break;
    ++written;
    if (bytes->size() > kChunk) {
      alone = &entry;
      ++to;
      break;
    }
    joined += *bytes;
  }
  // It takes all or nothing. What it does not take is put together again: no copy is kept.
  if (!joined.empty() && target.take(joined) < joined.size()) return false;
  delivery.counts().delivered += written;
  pass(channel.at(to - 1).sequence);
  reader.position = to;
  if (alone == nullptr) return true;
  begin_long(delivery.hub(), channel, *alone);
  return drain(target);
}

ChannelWriter::Outcome ChannelWriter::block(Delivery& delivery, Subscriber& reader) {
  if (cut_ && !cut_->rest) {
    delivery.goes_on_later(cut_->next_turn, reader);
    return Outcome::loading;
  }
  blocked_ = true;
  if (cut_) delivery.stalls(cut_->stall, reader, {last_sequence_, cut_->taken});
  return Outcome::blocked;
}

ChannelWriter::Outcome ChannelWriter::write(Delivery& delivery, Subscriber& reader, Target& target,
                                            const void* own) {
  if (blocked_) return Outcome::blocked;
  if (cut_ && cut_->next_turn.stands()) return Outcome::loading;
  if (cut_) cut_->made = 0;
  Channel& channel = *reader.channel();
  for (;;) {
    // What comes first of all is written together with what the log says at once.
    const bool first = behind_ && !behind_->judged;
    if (!first && !drain(target)) return block(delivery, reader);
    if (behind_) {
      const Step step = catch_up(reader, own);
      if (step == Step::not_sayable) {
        behind_.reset();
        reader.position = channel.end();
        return Outcome::gap_not_sayable;
      }
      if (step == Step::on) continue;
      if (drain(target)) return Outcome::loading;
      return block(delivery, reader);
    }
    if (reader.position >= channel.end()) return Outcome::all_written;
    if (channel.missed_before(reader.position) > 0) {
      fall_behind(delivery, reader);
      continue;
    }
    const bool written = own == nullptr ? write_chunk(delivery, reader, target)
                                        : write_others(delivery, reader, target, own);
    if (!written) return block(delivery, reader);
  }
}

}  // namespace rt
