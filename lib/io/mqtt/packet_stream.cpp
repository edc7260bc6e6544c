#include "io/mqtt/packet_stream.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "codec/mqtt_publish.hpp"
#include "io/trace/wire.hpp"

namespace rt {
namespace {

constexpr std::size_t kPauseBytes = 64u << 10;  // more than comes in a pause
constexpr std::size_t kLong = 64u << 10;        // of a packet
constexpr std::size_t kMostSentKept = 1u << 20;

}  // namespace

PacketStream::PacketStream(Reactor& reactor, MakeCarrier make, std::size_t max_packet,
                           Gathering gathering, std::function<void()> readable,
                           std::function<void()> writable)
    : reactor_(reactor),
      make_(std::move(make)),
      max_packet_(max_packet),
      gathering_(gathering),
      readable_(std::move(readable)),
      writable_(std::move(writable)),
      splitter_(max_packet),
      dense_wakes_(gathering.dense),
      pause_(reactor.executor()) {}

asio::awaitable<Result<void>> PacketStream::connect() {
  stream_ = make_(reactor_);
  Result<void> connected = co_await stream_->connect();
  if (!connected) close();
  co_return connected;
}

void PacketStream::begin(bool v5) {
  v5_ = v5;
  shows_ = trace::shows_packets();
  splitter_ = mqtt::PacketSplitter(max_packet_);
  writable_armed_ = widened_ = false;
  drop_unsent();
}

void PacketStream::close() {
  pause_.cancel();
  // Its callback may be under way already.
  alive_ = std::make_shared<char>();
  stream_.reset();
}

// --- reading -------------------------------------------------------------------------------------

Result<PacketStream::Came> PacketStream::receive() {
  const std::span<char> scratch = reactor_.scratch();
  const Result<Carrier::Received> got = stream_->receive(scratch);
  if (!got) return got.error();
  if (got->ended) return Came::end;
  if (got->size == 0) return Came::nothing;
  received_ = {scratch.data(), got->size};
  came_ += got->size;
  splitter_.receive(received_);
  return got->all ? Came::all_for_now : Came::some;
}

std::optional<mqtt::Packet> PacketStream::next() {
  const bool was_sound = splitter_.status().ok();
  const auto packet = splitter_.next();
  if (packet && packet->bytes.size() > kLong && !std::exchange(widened_, true)) stream_->widen();
  if (!shows_) return packet;
  if (packet) trace::packet("<", *packet, v5_);
  if (was_sound && !splitter_.status()) trace::no_packet("<", received_);
  return packet;
}

void PacketStream::wait_for_packets() {
  stream_->readable_from(1);
  stream_->on_readable([this] { readable_(); });
}

void PacketStream::wait_for_more(std::uint64_t delivered, bool awaited) {
  const std::uint64_t messages = delivered - std::exchange(delivered_, delivered);
  const std::size_t bytes = std::exchange(came_, 0);
  if (!dense_wakes_.note(std::chrono::steady_clock::now(), delivered, awaited))
    return wait_for_packets();
  if (gathering_.messages > 0)
    return wait_for_bytes(bytes / messages * gathering_.messages, gathering_.time);
  stream_->readable_from(kPauseBytes);
  pause_for(gathering_.time);
}

void PacketStream::wait_for_bytes(std::size_t bytes, std::chrono::microseconds most) {
  stream_->readable_from(bytes);
  stream_->on_readable([this] {
    pause_.cancel();
    readable_();
  });
  pause_for(most);
}

void PacketStream::pause_for(std::chrono::microseconds time) {
  pause_.expires_after(time);
  pause_.async_wait([this, alive = std::weak_ptr<char>(alive_)](asio::error_code failed) {
    if (failed || alive.expired() || !stream_) return;
    stream_->forget_readable();
    readable_();
  });
}

void PacketStream::stop_waiting() {
  pause_.cancel();
  stream_->forget_readable();
}

// --- writing -------------------------------------------------------------------------------------

void PacketStream::show_new_packets() {
  mqtt::PacketSplitter sent(mqtt::kLongestPacket);
  sent.receive(std::string_view(out_).substr(shown_));
  while (const auto packet = sent.next()) trace::packet(">", *packet, v5_);
  shown_ = out_.size();
}

Result<PacketStream::Sent> PacketStream::send() {
  if (!stream_ || writable_armed_) return Sent::nothing;
  if (shows_) show_new_packets();
  Sent any = Sent::nothing;
  while (unsent() > 0) {
    const Result<std::size_t> sent = stream_->send(std::string_view(out_).substr(sent_));
    if (!sent) return sent.error();
    if (*sent == 0) break;
    sent_ += *sent;
    any = Sent::some;
  }
  if (unsent() == 0) {
    drop_unsent();
    return any;
  }
  if (sent_ > kMostSentKept) {
    out_.erase(0, sent_);
    shown_ -= std::min(shown_, sent_);
    sent_ = 0;
  }
  writable_armed_ = true;
  stream_->on_writable([this] {
    writable_armed_ = false;
    writable_();
  });
  return any;
}

void PacketStream::drop_unsent() {
  out_.clear();
  sent_ = shown_ = 0;
}

}  // namespace rt
