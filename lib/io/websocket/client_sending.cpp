// Writing, and what a hub acknowledges of it.
#include <utility>

#include "base/text.hpp"
#include "io/websocket/client_state.hpp"

namespace rt {
namespace {

constexpr std::size_t kChunk = 120u << 10;  // frames that go to the socket together
constexpr std::size_t kMostUnacknowledged = 64u << 10;
constexpr std::size_t kMostUnacknowledgedBytes = 4u << 20;
constexpr std::size_t kKeepBuffer = 1u << 20;

}  // namespace

// RFC 6455, section 10.3: a key must not follow from the ones before it.
void WsClient::State::encode(std::string& out, const Message& message) {
  if (hub) {
    std::string text;
    envelope::append(text, message, {}, message.id, {});
    link->append_message(out, PayloadKind::text, text);
    return;
  }
  const bool text = message.kind == PayloadKind::text && valid_utf8(message.payload);
  link->append_message(out, text ? PayloadKind::text : PayloadKind::binary, message.payload);
}

void WsClient::State::on_writable() {
  say_owed();
  room.notify_all();
  settled.notify_all();
}

asio::awaitable<void> WsClient::State::wait_for_room() {
  if (!acknowledges || !paused) {
    co_await room.wait();
    co_return;
  }
  const bool woken = co_await room.wait_until(paused_since + options.patience);
  if (woken || !paused || !open()) co_return;
  overflows = true;
  paused = false;
  listen_again();
}

// The frames are this connection's: another one has other masks, and another compressor.
asio::awaitable<bool> WsClient::State::send(std::string_view frames) {
  const std::shared_ptr<WsLink> mine = link;
  sending = true;
  while (!frames.empty()) {
    while (open() && link->blocked()) co_await wait_for_room();
    if (!open() || link != mine) co_return false;
    const std::size_t now = ws::whole_frames(frames, kChunk + (4u << 10));
    link->write(frames.substr(0, now));
    frames.remove_prefix(now);
  }
  sending = false;
  say_owed();
  co_return open();
}

Error WsClient::State::why_ended() const {
  if (broken) return *broken;
  if (!established) return Error(Fault::network, "not connected");
  if (closing) return Error(Fault::closed, "the connection was closed");
  if (code == 1006) return Error(Fault::network, "connection lost");
  return Error(Fault::closed, "the peer has closed the connection (" + std::to_string(code) + ")");
}

asio::awaitable<Result<void>> WsClient::State::write(Messages& rest) {
  if (hub) co_return co_await write_to_hub(rest);
  if (dialect) co_return co_await write_in_dialect(rest);
  co_return co_await write_plain(rest);
}

asio::awaitable<Result<void>> WsClient::State::write_plain(Messages& rest) {
  while (!rest.empty()) {
    chunk.clear();
    std::size_t next = 0;
    while (next < rest.size() && chunk.size() < kChunk) encode(chunk, *rest[next++]);
    const bool went = co_await send(chunk);
    ask_for_proof();
    if (!went) co_return why_ended();
    rest = rest.subspan(next);
    if (chunk.capacity() > kKeepBuffer) std::string().swap(chunk);
  }
  co_return Result<void>();
}

// What the hub has not acknowledged is kept, and sent again on the next connection.
asio::awaitable<Result<void>> WsClient::State::write_to_hub(Messages& rest) {
  for (; !rest.empty(); rest = rest.subspan(1)) {
    const MessagePtr& message = rest.front();
    while (!keeps_more()) {
      if (!co_await send_unacknowledged()) co_return why_ended();
      co_await wait_for_room();
      if (!open()) co_return why_ended();
    }
    keep(message);
  }
  if (!co_await send_unacknowledged()) co_return why_ended();
  co_return Result<void>();
}

bool WsClient::State::keeps_more() const {
  return unacknowledged.size() < kMostUnacknowledged &&
         unacknowledged_bytes < kMostUnacknowledgedBytes;
}

void WsClient::State::keep(const MessagePtr& message) {
  unacknowledged_bytes += message->payload.size();
  unacknowledged.push_back(message);
}

asio::awaitable<Result<void>> WsClient::State::write_in_dialect(Messages& rest) {
  while (!rest.empty()) {
    chunk.clear();
    std::size_t next = 0;
    Result<void> fits;
    while (next < rest.size() && chunk.size() < kChunk && (!acknowledges || keeps_more())) {
      fits = encode_in_dialect(chunk, *rest[next], acknowledges);
      if (!fits) break;
      if (acknowledges) {
        keep(rest[next]);
        ++sent;
      }
      ++next;
    }
    if (acknowledges) rest = rest.subspan(next);
    if (acknowledges && next > 0 && options.round_trips)
      sent_times.emplace_back(sent, std::chrono::steady_clock::now());
    const bool went = co_await send(chunk);
    if (!acknowledges) ask_for_proof();
    if (!went) co_return why_ended();
    if (!acknowledges) rest = rest.subspan(next);
    if (!fits) co_return fits;
    if (next > 0) continue;
    co_await wait_for_room();
    if (!open()) co_return why_ended();
  }
  if (chunk.capacity() > kKeepBuffer) std::string().swap(chunk);
  co_return Result<void>();
}

// Fills the chunk with what has not gone out on this connection. False when all has.
bool WsClient::State::next_unacknowledged() {
  chunk.clear();
  for (std::size_t next = sent - acknowledged; next < unacknowledged.size(); ++next) {
    if (chunk.size() >= kChunk) break;
    // It fitted when it was written.
    const Result<void> fits =
        dialect ? encode_in_dialect(chunk, *unacknowledged[next], true) : Result<void>();
    if (!dialect) encode(chunk, *unacknowledged[next]);
    static_cast<void>(fits);
    ++sent;
  }
  return !chunk.empty();
}

asio::awaitable<bool> WsClient::State::send_unacknowledged() {
  while (next_unacknowledged()) {
    if (options.round_trips) sent_times.emplace_back(sent, std::chrono::steady_clock::now());
    const bool went = co_await send(chunk);
    if (!went) co_return false;
    if (chunk.capacity() > kKeepBuffer) std::string().swap(chunk);
  }
  co_return open();
}

void WsClient::State::on_acknowledged(std::uint64_t count) {
  while (acknowledged < count && acknowledged < sent && !unacknowledged.empty()) {
    unacknowledged_bytes -= unacknowledged.front()->payload.size();
    unacknowledged.pop_front();
    ++acknowledged;
  }
  while (!sent_times.empty() && sent_times.front().first <= acknowledged) {
    options.round_trips->add(sent_times.front().second, std::chrono::steady_clock::now());
    sent_times.pop_front();
  }
  room.notify_all();
}

// In a dialect a goodbye follows that overtakes what a server has read and not looked at: a pong
// says that it has.
asio::awaitable<Result<void>> WsClient::State::flush() {
  bool asked = false;
  while (open() &&
         (link->blocked() || (acknowledges && !unacknowledged.empty()) || (dialect && unproven))) {
    if (dialect && unproven && !link->blocked() && !std::exchange(asked, true))
      ping(std::to_string(writes));
    co_await wait_for_room();
  }
  if (open()) co_return Result<void>();
  // Everything may have been taken and acknowledged before the end.
  if (acknowledges && unacknowledged.empty() && !broken) co_return Result<void>();
  co_return why_ended();
}

}  // namespace rt
