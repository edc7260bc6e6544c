#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/mqtt_packet.hpp"
#include "engine/dense_wakes.hpp"
#include "io/loop/reactor.hpp"
#include "io/net/carrier.hpp"

namespace rt {

// MQTT packets over a connection to a broker, one connection after another: cut out of what comes,
// gathered until they are sent, shown with -v. What they mean is the owner's.
class PacketStream {
 public:
  // What is gathered before a wake, where messages come densely.
  struct Gathering {
    std::chrono::microseconds dense = std::chrono::microseconds(40);  // from message to message
    std::size_t messages = 0;  // so many at most; 0: what comes in the time
    std::chrono::microseconds time = DenseWakes::kPause;
  };

  // `readable` is called when it is worth calling receive(), once for each wait_for_packets();
  // `writable` when it is worth calling send() again. Of a packet of more than `max_packet` bytes
  // see PacketSplitter.
  PacketStream(Reactor& reactor, MakeCarrier make, std::size_t max_packet, Gathering gathering,
               std::function<void()> readable, std::function<void()> writable);

  // Of the connections from now on.
  void go_by(MakeCarrier make) { make_ = std::move(make); }
  // Errors: network, tls; protocol.
  asio::awaitable<Result<void>> connect();
  // The packets begin, in this version of MQTT.
  void begin(bool v5);
  bool open() const { return stream_ != nullptr; }
  // Nothing is called any more.
  void close();

  // --- reading
  enum class Came : std::uint8_t { nothing, some, all_for_now, end };
  // Takes what has come; next() then gives it. all_for_now: nothing more is there yet.
  Result<Came> receive();
  // The bytes that receive() took.
  std::string_view received() const { return received_; }
  // The next packet, valid until the next call.
  std::optional<mqtt::Packet> next();
  // An error (protocol) after which no packet comes.
  const Result<void>& status() const { return splitter_.status(); }
  void wait_for_packets();
  // The same after reading until nothing was left, by which `delivered` messages had come on all
  // connections. Where they come densely it is rather called a little later, for many packets at
  // once, but not when somebody waits (`awaited`).
  void wait_for_more(std::uint64_t delivered, bool awaited);
  // The same where packets of at least so many bytes are to come soon: when all of them are there,
  // or after this time.
  void wait_for_bytes(std::size_t bytes, std::chrono::microseconds most);
  void stop_waiting();

  // --- writing
  // Whole packets are appended here.
  std::string& out() { return out_; }
  std::size_t unsent() const { return out_.size() - sent_; }
  enum class Sent : std::uint8_t { nothing, some };
  // Sends what the system takes, and the rest when it takes more: then `writable` is called.
  Result<Sent> send();
  // What is unsent is forgotten.
  void drop_unsent();
  // Nothing more is sent; reading goes on.
  void end_sending() { stream_->end_sending(); }

 private:
  void pause_for(std::chrono::microseconds time);
  void show_new_packets();

  Reactor& reactor_;
  MakeCarrier make_;
  const std::size_t max_packet_;
  const Gathering gathering_;
  const std::function<void()> readable_;
  const std::function<void()> writable_;

  std::unique_ptr<Carrier> stream_;
  bool v5_ = false;
  bool shows_ = false;  // with -v

  mqtt::PacketSplitter splitter_;
  bool widened_ = false;  // a long packet has come
  std::string_view received_;
  DenseWakes dense_wakes_;
  std::uint64_t delivered_ = 0;  // until the last wait_for_more(), and bytes since then
  std::size_t came_ = 0;
  asio::steady_timer pause_;  // see wait_for_more()

  std::string out_;
  std::size_t sent_ = 0;   // of it
  std::size_t shown_ = 0;  // of it, with -v
  bool writable_armed_ = false;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace rt
