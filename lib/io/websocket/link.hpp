#pragma once

#include <asio/awaitable.hpp>
#include <asio/steady_timer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/ws_session.hpp"
#include "engine/dense_wakes.hpp"
#include "io/loop/reactor.hpp"
#include "io/net/stream.hpp"
#include "io/trace/wire.hpp"
#include "io/websocket/opening.hpp"

namespace rt {

// None of these may destroy the link.
class WsLinkListener {
 public:
  virtual void on_message(PayloadKind kind, ws::Payload payload) = 0;
  virtual void on_pong(std::string_view payload) = 0;
  // What was written has been taken by the system.
  virtual void on_writable() = 0;
  // The peer's close frame; 1005 when it has no code. `first`: before ours.
  virtual void on_peer_close(std::uint16_t code, const std::string& reason, bool first) = 0;
  // The peer broke the protocol, and was told so with `code`.
  virtual void on_violation(const Error& what, std::uint16_t code) = 0;
  // The connection is gone, and nothing more is called; an error when it was lost.
  virtual void on_closed(const std::optional<Error>& why) = 0;

 protected:
  ~WsLinkListener() = default;
};

// One WebSocket to a server: a byte stream, the opening handshake, and a session. Held by
// std::shared_ptr.
class WsLink final : ws::SessionListener, public std::enable_shared_from_this<WsLink> {
 public:
  // The options outlive it.
  WsLink(Reactor& reactor, const ws::SessionOptions& options, WsLinkListener& listener);
  ~WsLink();
  WsLink(const WsLink&) = delete;
  WsLink& operator=(const WsLink&) = delete;

  // Connects and shakes hands: the server's answer. The link must live until it is done. Errors:
  // network, tls, protocol.
  asio::awaitable<Result<ws::Answer>> open(WsAttempt attempt);
  // After a 101: from now on the listener is called, perhaps at once.
  void start();
  // Ends whatever is under way; the listener is not called.
  void abandon();

  // When what it hands over came; for a listener that is told of it.
  WallTime came_at();
  // Nobody has begun to end it.
  bool usable() const;
  // True while bytes written before wait for the socket: nothing may be written now.
  bool blocked() const { return !unsent_.empty(); }
  // Appends a whole message as it is to be written, in this order. After open().
  void append_message(std::string& out, PayloadKind kind, std::string_view payload) {
    session_->append_message(out, kind, payload);
  }
  // Sends whole frames as they are.
  void write(std::string_view frames);
  // The same, and no trace shows what is in them.
  void write_secret(std::string_view frames);
  void ping(std::string_view payload);
  // Begins the closing handshake; nothing is sent after it.
  void close(std::uint16_t code, std::string_view reason);
  void pause_reading(bool paused);
  // Ends it without further ado.
  void kill();

 private:
  void on_message(PayloadKind kind, ws::Payload payload) override;
  void on_control(ws::Opcode opcode, std::string_view payload) override;
  bool on_hold(std::size_t) override { return true; }

  void wait_for_bytes();
  void read();
  bool read_once(std::size_t& most, bool& more);
  void take(std::span<char> bytes, bool landed);
  void receive(std::span<char> bytes);
  void take_kept_soon();
  void take_kept();
  void look_at_session();
  void send(std::string_view bytes);
  void send_output();
  void on_writable();
  void drain(Error why);
  void end(const std::optional<Error>& why);

  Reactor& reactor_;
  const ws::SessionOptions& options_;
  WsLinkListener& listener_;
  std::optional<ws::Session> session_;  // once the server has agreed
  std::unique_ptr<NetStream> stream_;
  WsOpening opening_;
  DenseWakes dense_wakes_;
  asio::steady_timer gathering_;
  std::uint64_t messages_ = 0;  // that have come
  bool has_written_ = false;    // since the last wake
  bool over_tls_ = false;
  std::string kept_;      // what came before a pause, or the end of a turn
  std::size_t work_ = 0;  // bytes of the messages of this turn
  std::string unsent_;    // whole frames but for what has gone of the first
  std::size_t sent_ = 0;
  struct Trace {
    trace::ArrivingFrames arriving;
    trace::LeavingFrames leaving;
  };
  std::unique_ptr<Trace> trace_;  // with -v
  WallTime came_at_{};            // 0: not looked at since the last bytes
  bool in_session_ = false;
  bool paused_ = false;
  bool violated_ = false;     // and told
  bool peer_closed_ = false;  // and told
  bool draining_ = false;     // the socket takes nothing more
  bool kept_posted_ = false;
  bool gone_ = true;
};

}  // namespace rt
