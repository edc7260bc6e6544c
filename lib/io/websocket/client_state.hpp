#pragma once

#include <asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/random.hpp"
#include "codec/cookies.hpp"
#include "codec/dialect.hpp"
#include "codec/envelope.hpp"
#include "codec/http_digest.hpp"
#include "codec/json_picker.hpp"
#include "io/loop/notifier.hpp"
#include "io/websocket/client.hpp"
#include "io/websocket/link.hpp"
#include "io/websocket/random.hpp"

namespace rt {

// What a WsClient is inside: the link of the moment, and what outlives it.
struct WsClient::State final : WsLinkListener, std::enable_shared_from_this<WsClient::State> {
  State(Reactor& reactor, WsClientOptions with);

  asio::awaitable<Result<void>> connect();
  asio::awaitable<Result<Batch>> read();
  asio::awaitable<Result<void>> write(Messages& rest);
  asio::awaitable<Result<void>> flush();
  asio::awaitable<void> close(std::uint16_t code);
  // The client is being destroyed: ends what is under way.
  void abandon();

  bool open() const {
    return link != nullptr && established && !ended && !closing && link->usable();
  }

  // --- connect.cpp
  struct Redirect {
    std::string location;
    bool again = false;  // to the same place, with what was learnt
  };
  // Nothing: the connection stands.
  using Outcome = Result<std::optional<Redirect>>;
  asio::awaitable<Outcome> attempt(Endpoint at, bool same_origin, SteadyTime deadline);
  Result<void> read_cookies();
  void keep_cookies(const Endpoint& at, const ws::Answer& answer);
  Outcome judge(const ws::Answer& answer, const Endpoint& at, bool same_origin);
  std::string digest_answer(const Endpoint& at);
  bool learns_digest(const ws::Answer& answer);
  Endpoint first_target() const;
  void begin(const ws::Answer& answer);

  // --- sending
  void encode(std::string& out, const Message& message);
  // False when the connection ended first.
  asio::awaitable<bool> send(std::string_view frames);
  // Lets reading go on when it has been held back for too long.
  asio::awaitable<void> wait_for_room();
  bool next_unacknowledged();
  asio::awaitable<bool> send_unacknowledged();
  asio::awaitable<Result<void>> write_plain(Messages& rest);
  asio::awaitable<Result<void>> write_to_hub(Messages& rest);
  asio::awaitable<Result<void>> write_in_dialect(Messages& rest);
  bool keeps_more() const;
  void keep(const MessagePtr& message);
  void on_acknowledged(std::uint64_t count);
  Error why_ended() const;
  bool ended_by_gap() const;

  // --- conversation
  asio::awaitable<Result<void>> converse();
  asio::awaitable<Result<void>> say_first(const Message& message);
  asio::awaitable<Result<void>> wait_for_answer(const Pattern& pattern);
  bool is_answered(std::string_view payload);
  std::string answer_to(std::string_view question, const AnswerRule& rule);
  void say(std::string text);
  void say_frame(DialectFrame frame);
  void say_owed();
  void ping_by_message();
  void ask_for_proof();
  void ping(const std::string& payload);

  // --- dialect
  void begin_dialect();
  void commit(std::size_t left);
  asio::awaitable<Result<void>> join();
  Result<void> encode_in_dialect(std::string& out, const Message& message, bool counted);
  void look_at_dialect();
  void end_if_complete();
  void end_in_good_order();
  void beat();
  void watch();
  void listen_again();

  // --- receiving
  void on_message(PayloadKind kind, ws::Payload payload) override;
  void on_pong(std::string_view payload) override;
  void on_writable() override;
  void on_peer_close(std::uint16_t with, const std::string& why, bool first) override;
  void on_violation(const Error& what, std::uint16_t with) override;
  void on_closed(const std::optional<Error>& why) override;
  void take_envelope(std::string_view text);
  // True: it is in the queue.
  bool take_message(Message message);
  void look_for_dialect(std::string_view greeting);
  void after_message();
  void drop(const Message& message);
  void hold_back();
  void refuse(std::uint16_t why, const Error& error);
  void keep_alive();
  void wake_all();

  Reactor& reactor;
  const WsClientOptions options;
  const std::string channel;
  ws::SessionOptions session;
  Notifier arrived;  // for read()
  Notifier room;     // for write() and flush()
  Notifier settled;  // for close()
  Notifier replied;  // for converse()
  asio::steady_timer keepalive;
  asio::steady_timer message_pings;
  asio::steady_timer proof_pings;
  asio::steady_timer beats;
  asio::steady_timer silence;
  const bool converses;
  std::shared_ptr<WsLink> link;
  envelope::Reader envelopes;

  // Of the connection.
  bool established = false;
  bool stood = false;        // a connection has stood at least once
  bool ended = false;        // it is gone
  bool closing = false;      // our close frame is sent
  bool peer_closed = false;  // its close frame came, and not as the answer to ours
  bool hub = false;          // rt.v1 was agreed
  std::unique_ptr<Dialect> dialect;
  bool acknowledges = false;    // the hub does, or the dialect
  bool done = false;            // the dialect says that nothing more is to come
  SteadyTime heard_at{};        // of a dialect
  std::uint64_t delivered = 0;  // messages that it has given us
  bool met_hub = false;         // the server names itself one
  bool paused = false;
  SteadyTime paused_since{};
  bool overflows = false;   // nobody reads, and acknowledgements are awaited
  std::optional<Gap> lost;  // dropped since the last message of the queue
  bool gap_told = false;    // by read(), of the gap that the hub closed it for
  bool heard = false;
  int silent_pings = 0;
  std::uint64_t writes = 0;          // that a server's pong may prove to have arrived
  bool unproven = false;             // none has for the last one
  bool opening = false;              // the first word is not said, or not answered
  const Pattern* awaited = nullptr;  // in the answer to it
  std::optional<Error> rejection;
  bool sending = false;           // some of what send() has is still to go
  std::deque<DialectFrame> owed;  // answers that wait for that
  std::uint16_t code = 1006;
  std::string reason;
  std::optional<SteadyTime> pinged;  // the last ping whose pong is timed, and what it said
  std::string pinged_with;
  // The last ping that somebody asked for.
  std::function<void(Milliseconds)> on_answer;
  std::uint64_t asked_pings = 0;
  SteadyTime asked_at{};
  // When the hub got how many messages of this connection; only where that is wanted.
  std::deque<std::pair<std::size_t, SteadyTime>> sent_times;
  std::optional<Error> broken;  // why it ended, when not in good order
  std::size_t sent = 0;         // messages that are to be acknowledged, and of them
  std::size_t acknowledged = 0;

  // Beyond it.
  bool looks_for_dialect = false;  // in the first message of the first connection
  bool behind_gap = false;         // the next connection begins with all that the hub still has
  bool abandoned = false;
  Milliseconds close_time = 2s;
  bool reading = false;
  Batch queue;
  // Of what was queued and is to be acknowledged: by which connection it came, and its number.
  std::deque<std::pair<std::uint64_t, std::uint64_t>> uncommitted;
  std::uint64_t connections = 0;
  std::size_t queued = 0;
  std::string last;                                           // the last id
  std::function<std::string(std::string_view id)> cursor_of;  // null: it is the id
  http::Cookies cookies;
  bool jar_read = false;
  bool jar_told = false;                        // that it cannot be written
  std::optional<http::DigestChallenge> digest;  // of the server's last challenge
  std::uint32_t digest_uses = 0;                // of its nonce
  bool challenged = false;                      // while this connection is being made
  std::optional<Milliseconds> retry_after;      // of the last attempt
  std::deque<MessagePtr> unacknowledged;
  std::size_t unacknowledged_bytes = 0;
  std::optional<JsonPicker> picker;
  std::string chunk;
  MaskKeys mask_keys;
};

}  // namespace rt
