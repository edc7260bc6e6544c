#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/ws_session.hpp"
#include "engine/holdings.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/reactor.hpp"
#include "io/server/byte_stream.hpp"
#include "io/server/exchange.hpp"
#include "io/server/websocket.hpp"

namespace rt {

class WsServerConnection;

struct WsServerState : std::enable_shared_from_this<WsServerState> {
  WsServerState(Reactor& its_reactor, Deadlines& wheel, Holdings& account,
                const WsServerOptions& its_options)
      : reactor(its_reactor), deadlines(wheel), holdings(account), options(its_options) {}

  // Has the connection look at itself again, from the loop.
  void call_soon(WsServerConnection& connection);
  void call_back();
  // The turn of one connection: it should be over after so long. Work is counted in short messages,
  // so that not each of them looks at the clock.
  void begin_turn(SteadyTime::duration time);
  bool turn_is_over(std::size_t more_work);

  Reactor& reactor;
  Deadlines& deadlines;
  Holdings& holdings;
  const WsServerOptions options;
  ws::SessionOptions plain;    // a message is a message of the channel
  ws::SessionOptions wrapped;  // it has something around that
  WsServerConnection* first = nullptr;
  std::size_t count = 0;
  std::deque<WsServerConnection*> soon;
  std::function<void()> on_empty;
  SteadyTime turn_end;
  std::size_t turn_work = 0;  // since the clock was looked at
  bool turn_over = false;
};

// One WebSocket connection: a session (codec/ws_session) on a stream. It reads into the loop's
// shared buffer and owns memory only for what is cut: a message that is not whole, output that is
// not taken, bytes that nobody reads while it is paused. It deletes itself, and tells its listener,
// only in calls that come from the loop.
class WsServerConnection final : public WebSocket,
                                 private ByteStream::Client,
                                 private ws::SessionListener,
                                 private Deadline,
                                 private Holder {
 public:
  WsServerConnection(WsServerState& state, std::unique_ptr<ByteStream> stream, const WsTerms& terms,
                     WebSocketListener& listener);
  ~WsServerConnection();

  // See WsServer::adopt. It may be gone afterwards.
  void begin(std::string_view answer, std::string_view more);

  bool write(std::string_view frames) override;
  void close(std::uint16_t code, std::string_view reason) override;
  void cut() override { lose(); }
  void pause_reading(bool paused) override;
  bool compresses() const override { return session_.takes_shared(); }
  WebSocketEnd end() const override;

  // What WsServerState::call_soon has asked for.
  void look_again();
  WsServerConnection* next() const { return next_; }

 private:
  // Bytes of which the first `taken` are dealt with.
  struct Kept {
    std::string bytes;
    std::size_t taken = 0;
  };

  void on_ready(bool readable, bool writable) override;
  void on_broken() override;

  void on_message(PayloadKind kind, ws::Payload payload) override;
  void on_control(ws::Opcode opcode, std::string_view payload) override;
  bool on_hold(std::size_t bytes) override;

  void on_deadline() override;
  void give_up() override;

  bool wants_reading() const { return !unread_ && !paused_; }
  void read();
  void receive(std::span<char> bytes);
  void receive_unread();
  // Of bytes that came to the session: how many it took.
  std::size_t hand_over(std::span<char> bytes);
  void note_work(std::size_t bytes);
  void note_message();
  bool message_is_late();
  bool is_silent();

  void send_or_keep(std::string_view bytes);
  void send_unsent();
  void send_output();
  void begin_closing();
  void begin_lingering();
  void settle();
  void update_interest();
  bool account();
  void lose();
  void finish();
  void tell_gone();
  void trace_frame(std::string_view way, ws::Opcode opcode, std::string_view payload) const;

  WsServerState& state_;
  WebSocketListener* listener_;
  std::unique_ptr<ByteStream> stream_;
  WsServerConnection* previous_ = nullptr;
  WsServerConnection* next_ = nullptr;
  std::unique_ptr<Kept> unsent_;       // output that the stream did not take
  std::unique_ptr<Kept> unread_;       // what came before a pause
  std::unique_ptr<std::string> peer_;  // its address, with -v
  ws::Session session_;
  std::size_t message_room_ = 0;     // that the session has for a message that is not whole
  std::size_t message_mark_ = 0;     // bytes of it when its time was last extended
  std::uint32_t message_since_ = 0;  // when that was, in ticks; 0: no message is under way
  std::uint8_t silent_pings_ = 0;
  const bool packets_;         // MQTT lies in the messages, which may hold a password
  bool reading_ = true;        // readiness to be read is reported
  bool writing_ = false;       // ... to be written
  bool read_again_ = false;    // its turn is over, and there may be more
  bool blocked_ = false;       // a write was refused
  bool paused_ = false;        // its listener wants no messages
  bool receiving_ = false;     // the session is
  bool reads_unread_ = false;  // what it receives was unread_
  bool closing_ = false;       // either side has begun to: nothing else is written
  bool deaf_ = false;          // what comes is thrown away: the peer's close is not waited for
  bool lingering_ = false;     // all is sent, and what comes is thrown away, for a short time
  bool peer_ended_ = false;    // it sends nothing more
  bool lost_ = false;          // nothing can be sent any more, or is to be
  bool soon_ = false;          // in the list of call_soon()
  bool heard_ = false;         // since the last ping
  bool took_ = false;          // since then, a write found nothing unsent

  friend struct WsServerState;
};

}  // namespace rt
