#include "codec/ws_deflate.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

namespace rt::ws {
namespace {

// What ends every flushed piece of deflate's output, and is left out on the wire.
constexpr std::string_view kTail("\0\0\xFF\xFF", 4);
// Twice as quick as zlib's own choice, for some percent more bytes; and with a smaller hash table
// there is less to clear before each message that is compressed alone.
constexpr int kLevel = 3;
constexpr int kMemoryLevel = 6;

// zlib makes no raw data for a window of 8 bits. With 9 it never refers back by more than 250
// bytes: the longest match and what it looks ahead do not fit into the window beside that.
int raw_deflate_bits(std::uint8_t bits) {
  return -std::max<int>(bits, 9);
}

// zlib counts in 32 bits.
uInt counted(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

Bytef* bytes_of(const char* data) {
  return reinterpret_cast<Bytef*>(const_cast<char*>(data));
}

}  // namespace

struct Deflater::State {
  z_stream stream{};
};

Deflater::Deflater(std::uint8_t window_bits) : state_(std::make_unique<State>()) {
  if (deflateInit2(&state_->stream, kLevel, Z_DEFLATED, raw_deflate_bits(window_bits), kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
}

Deflater::~Deflater() {
  deflateEnd(&state_->stream);
}

void Deflater::append(std::string& out, std::string_view message, bool fresh) {
  z_stream& stream = state_->stream;
  if (fresh) deflateReset(&stream);
  const std::size_t start = out.size();
  std::size_t written = 0;
  std::size_t room = deflateBound(&stream, static_cast<uLong>(message.size())) + 16;
  do {
    out.resize(start + room);
    stream.next_in = bytes_of(message.data());
    stream.avail_in = counted(message.size());
    stream.next_out = bytes_of(out.data() + start + written);
    stream.avail_out = counted(room - written);
    deflate(&stream, Z_SYNC_FLUSH);
    message.remove_prefix(static_cast<std::size_t>(stream.next_in - bytes_of(message.data())));
    written = static_cast<std::size_t>(stream.next_out - bytes_of(out.data() + start));
    room += room / 2;
  } while (stream.avail_out == 0 || !message.empty());
  out.resize(start + written);
  // Nothing comes out for an empty message behind another (section 7.2.3.6).
  if (written < kTail.size())
    out += '\0';
  else
    out.resize(out.size() - kTail.size());
}

struct Inflater::State {
  z_stream stream{};
  bool ended = false;    // with a block that was marked as the last one
  bool started = false;  // something of the message has come
};

Inflater::Inflater(std::uint8_t window_bits) : state_(std::make_unique<State>()) {
  if (inflateInit2(&state_->stream, -int{window_bits}) != Z_OK) throw std::bad_alloc();
}

Inflater::~Inflater() {
  inflateEnd(&state_->stream);
}

bool Inflater::receive(std::string_view& input, std::span<char>& room) {
  z_stream& stream = state_->stream;
  for (;;) {
    if (state_->ended && !input.empty()) {
      // Another block comes behind the last one (section 7.2.3.5); what it refers to stays.
      inflateResetKeep(&stream);
      state_->ended = false;
    }
    if (state_->ended || room.empty()) return true;
    state_->started = state_->started || !input.empty();
    stream.next_in = bytes_of(input.data());
    stream.avail_in = counted(input.size());
    stream.next_out = bytes_of(room.data());
    stream.avail_out = counted(room.size());
    const int outcome = inflate(&stream, Z_SYNC_FLUSH);
    input.remove_prefix(static_cast<std::size_t>(stream.next_in - bytes_of(input.data())));
    room = room.subspan(static_cast<std::size_t>(stream.next_out - bytes_of(room.data())));
    if (outcome == Z_MEM_ERROR) throw std::bad_alloc();
    if (outcome == Z_STREAM_END)
      state_->ended = true;
    else if (outcome != Z_OK && outcome != Z_BUF_ERROR)
      return false;
    if (input.empty() || room.empty()) return true;
  }
}

std::string_view Inflater::tail() const {
  // A message of no bytes at all is no compressed data, but there are peers that send it.
  return state_->ended || !state_->started ? std::string_view() : kTail;
}

bool Inflater::end_message() {
  constexpr int kBetweenBlocks = 128;
  constexpr int kUnusedBits = 63;
  const z_stream& stream = state_->stream;
  const bool started = std::exchange(state_->started, false);
  return !started || state_->ended ||
         (stream.data_type & (kBetweenBlocks | kUnusedBits)) == kBetweenBlocks;
}

void Inflater::reset() {
  inflateReset(&state_->stream);
  state_->ended = false;
  state_->started = false;
}

std::unique_ptr<Deflater> DeflateContexts::take_deflater(std::uint8_t window_bits) {
  if (window_bits == kMostWindowBits && deflater_) return std::move(deflater_);
  return std::make_unique<Deflater>(window_bits);
}

std::unique_ptr<Inflater> DeflateContexts::take_inflater(std::uint8_t window_bits) {
  if (window_bits == kMostWindowBits && inflater_) return std::move(inflater_);
  return std::make_unique<Inflater>(window_bits);
}

void DeflateContexts::give_back(std::unique_ptr<Deflater> deflater, std::uint8_t window_bits) {
  if (window_bits == kMostWindowBits) deflater_ = std::move(deflater);
}

void DeflateContexts::give_back(std::unique_ptr<Inflater> inflater, std::uint8_t window_bits) {
  if (window_bits != kMostWindowBits) return;
  inflater->reset();
  inflater_ = std::move(inflater);
}

}  // namespace rt::ws
