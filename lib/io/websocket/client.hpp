#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/dialect.hpp"
#include "engine/histogram.hpp"
#include "io/loop/reactor.hpp"
#include "io/websocket/conversation.hpp"
#include "model/close_codes.hpp"
#include "model/defaults.hpp"
#include "model/endpoint.hpp"
#include "model/message.hpp"
#include "model/network_options.hpp"
#include "model/tls_options.hpp"

namespace rt {

struct WsClientOptions {
  Endpoint endpoint;
  TlsOptions tls;
  NetworkOptions network;
  std::vector<std::pair<std::string, std::string>> headers;  // -H
  std::string user;                                          // from -u, else the endpoint's
  std::string password;
  std::string bearer;
  std::string origin;
  std::vector<std::string> subprotocols;  // offered as they are; nothing is offered unasked
  bool hub = false;                       // offer rt.v1 and speak it when it is taken
  bool compress = false;                  // offer permessage-deflate (RFC 7692)
  bool follows = true;                    // redirects
  bool keeps_cookies = true;
  std::string cookie_jar;       // a file that keeps them, too; empty: none
  WsConversation conversation;  // not with hub
  // What is spoken inside the messages, at an endpoint that is as dialect_target says. Not with
  // hub. Whether it reads is said by writes_only.
  std::optional<DialectOptions> dialect;
  CloseCodes final_codes;    // for whoever reconnects
  bool writes_only = false;  // messages that come are thrown away
  Milliseconds connect_timeout = defaults::kConnectTimeout;
  // 0: none. A peer that is silent for three of them is gone.
  Milliseconds ping_interval = defaults::kPingInterval;
  // At a hub: for so long a write waits while reading is held back, see read().
  Milliseconds patience = 3s;
  std::size_t max_message = defaults::kMaxMessage;
  // Gets how long pings and acknowledgements take; null: nobody wants it.
  std::shared_ptr<Histogram> round_trips;
  // Where to start at a hub, as a query: "since=ID" or "last=N"; sent until a message gave an id.
  std::string start;
};

// The client end of one WebSocket connection after another (RFC 6455). After an error or an end,
// connect() again; at a hub (rt.v1) that resumes behind the last id.
class WsClient {
 public:
  WsClient(Reactor& reactor, WsClientOptions options);
  ~WsClient();
  WsClient(const WsClient&) = delete;
  WsClient& operator=(const WsClient&) = delete;

  // Completes when the connection stands. Errors: network (resolve, connect, timeout), tls, refused
  // (401, 403, 407), protocol (another answer than 101: names the status; a wrong Accept). Cookies
  // that servers set go back to them. In a dialect the server has let us join then. What the
  // conversation opens with has been said then, and the answers that it waits for have come;
  // before, nothing is written. Messages that came meanwhile are read later. Errors of that:
  // refused (it was rejected), network (no answer in time), closed.
  asio::awaitable<Result<void>> connect();
  bool connected() const;

  // All messages that have come, at least one; empty when the peer has closed in good order
  // (close_code() says how). A hub that closed a plain WebSocket for lost messages makes a gap of
  // it, and the next connection begins with all that the hub still has. While it is not called, no
  // more than some hundred KiB are taken from the connection, and pings still go out. At a hub
  // acknowledgements come after what is not read: when a write has waited for one in vain, reading
  // goes on, and what there is no room for is dropped and reported as a gap. Errors: network
  // (broken), protocol.
  asio::awaitable<Result<Batch>> read();

  // What comes is acknowledged by commit(): all that was read so far but for the last `left`.
  bool commits() const;
  void commit(std::size_t left);

  // Completes when all is handed to the system or a bounded queue has room again. At a hub
  // messages go as envelopes, elsewhere as their payloads, as text or binary frames by their kind,
  // or as a dialect has them, which may refuse one (usage): it is the first of `rest` then.
  // What is accepted is taken off the front of `rest`; after an error the others are to be written
  // again.
  asio::awaitable<Result<void>> write(Messages& rest);
  // Where that is acknowledged: what is written and not acknowledged.
  Amount unacknowledged() const;

  // At a hub: the cursor that it is asked by is made of the last id so, from now on.
  void ask_by(std::function<std::string(std::string_view id)> cursor);

  // Completes when everything written has been taken by the system and, where it is, acknowledged.
  asio::awaitable<Result<void>> flush();

  // Sends a ping, and calls with the time until its pong comes, if it does. Only the last one is
  // waited for. False: no connection stands.
  bool ping(std::function<void(Milliseconds)> answered);

  // Ends the connection at once, for this reason: a read() under way gives what has come, and then
  // it.
  void break_off(Error why);

  // The closing handshake: sends the code and waits for the peer's, at most two seconds.
  asio::awaitable<void> close(std::uint16_t code = 1000);
  // From now on close() waits 200 ms at most.
  void hurry();

  // Of the last connection: the peer's close code, 1005 when it sent none, 1006 when the connection
  // broke without one.
  std::uint16_t close_code() const;
  const std::string& close_reason() const;
  // Something was written on the last connection of which it is not known that it arrived: a pong
  // that came behind it is the proof, and a ping asks for it when nothing was written for a second.
  // False where no pings are sent, and where what is written is acknowledged.
  bool unproven() const;
  // The peer's close frame came first: the code is its own.
  bool closed_by_peer() const;
  bool at_hub() const;  // rt.v1 was agreed
  // The other side says what it has taken: a hub, and some dialects' servers.
  bool acknowledges() const;
  // The server of this connection names itself an rtwire hub, whether or not rt.v1 was offered.
  bool met_hub() const;
  // How long the server that refused the last attempt wants to be left alone.
  std::optional<Milliseconds> retry_after() const;
  const std::string& last_id() const;
  // After an end: what is longest of that which has not been acknowledged, and which is then not
  // sent again. Null when there is none.
  MessagePtr give_up_longest();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
