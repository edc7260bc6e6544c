// A dialect between the messages of the WebSocket and the user's.
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/websocket/client_state.hpp"

namespace rt {

void WsClient::State::begin_dialect() {
  DialectOptions with = *options.dialect;
  with.reads = !options.writes_only;
  dialect = make_dialect(with);
  acknowledges = dialect->acknowledges();
  ++connections;
  delivered = 0;
  heard_at = std::chrono::steady_clock::now();
  opening = true;
  dialect->begin();
  look_at_dialect();
}

// The first word is said already.
asio::awaitable<Result<void>> WsClient::State::join() {
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  while (dialect->state() == Dialect::State::opening) {
    if (broken || !open()) co_return why_ended();
    const bool in_time = co_await replied.wait_until(deadline);
    if (!in_time && dialect->state() == Dialect::State::opening && open())
      co_return Error(Fault::network, "the server has not let us join within " +
                                          seconds_text(options.connect_timeout.count()) +
                                          " (--connect-timeout)");
  }
  opening = false;
  beat();
  watch();
  co_return Result<void>();
}

Result<void> WsClient::State::encode_in_dialect(std::string& out, const Message& message,
                                                bool counted) {
  Result<void> fits = dialect->send(message, counted);
  for (const DialectFrame& frame : dialect->take_frames())
    link->append_message(out, frame.kind, frame.payload);
  return fits;
}

// After everything that it was told.
void WsClient::State::look_at_dialect() {
  for (const std::string& note : dialect->take_notes())
    Log::warn(options.endpoint.display() + ": " + note);
  for (DialectFrame& frame : dialect->take_frames()) say_frame(std::move(frame));
  std::vector<Message> messages = dialect->take_messages();
  for (Message& message : messages) {
    ++delivered;
    if (take_message(std::move(message)) && settles(*options.dialect))
      uncommitted.emplace_back(connections, delivered);
  }
  if (!messages.empty()) after_message();
  if (acknowledges) on_acknowledged(dialect->acknowledged());
  if (opening) replied.notify_all();
  if (closing) return;
  if (dialect->fault()) {
    if (!broken) broken = dialect->fault();
    link->close(1000, {});
    closing = true;
    return wake_all();
  }
  if (dialect->state() == Dialect::State::ended) return end_in_good_order();
  end_if_complete();
}

// What came by an earlier connection the other side gives again.
void WsClient::State::commit(std::size_t left) {
  const std::size_t keep = queue.size() + left;
  for (; uncommitted.size() > keep; uncommitted.pop_front())
    if (uncommitted.front().first == connections && open())
      dialect->settle(uncommitted.front().second);
  if (!dialect) return;
  for (DialectFrame& frame : dialect->take_frames()) say_frame(std::move(frame));
}

void WsClient::State::end_if_complete() {
  if (dialect && options.dialect->ends && !opening && !closing && dialect->complete())
    end_in_good_order();
}

void WsClient::State::end_in_good_order() {
  link->close(1000, {});
  code = 1000;
  closing = done = true;
  wake_all();
}

void WsClient::State::beat() {
  const Milliseconds every = dialect->heartbeat();
  if (every <= 0ms) return;
  beats.expires_after(every);
  beats.async_wait([weak = weak_from_this(), every](asio::error_code failed) {
    const auto state = weak.lock();
    if (failed || !state || !state->open()) return;
    const bool came = state->paused || std::chrono::steady_clock::now() - state->heard_at < every;
    state->dialect->beat(came);
    state->look_at_dialect();
    if (state->open()) state->beat();
  });
}

void WsClient::State::watch() {
  const Milliseconds most = dialect->patience();
  if (most <= 0ms) return;
  silence.expires_at(std::max(heard_at + most, std::chrono::steady_clock::now() + 1s));
  silence.async_wait([weak = weak_from_this(), most](asio::error_code failed) {
    const auto state = weak.lock();
    if (failed || !state || !state->open()) return;
    // While we do not read, we cannot hear.
    if (state->paused || std::chrono::steady_clock::now() - state->heard_at < most)
      return state->watch();
    if (!state->broken)
      state->broken = Error(
          Fault::network, "the server has given no sign of life for " + seconds_text(most.count()));
    state->link->kill();
  });
}

void WsClient::State::listen_again() {
  heard_at = std::chrono::steady_clock::now();
  link->pause_reading(false);
}

}  // namespace rt
