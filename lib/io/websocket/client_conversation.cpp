// What the client says by itself: at the beginning of a connection, as an answer, and to keep it.
#include <algorithm>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/ws_frame.hpp"
#include "io/websocket/client_state.hpp"

namespace rt {
namespace {

// Answers that wait for the socket; a dialect's server counts on each.
constexpr std::size_t kMostOwed = 16;
constexpr std::size_t kMostOwedInDialect = 64u << 10;
constexpr std::size_t kMostShown = 512;

std::string seconds_of(Milliseconds time) {
  return seconds_text(time.count());
}

}  // namespace

// The first word of a connection. Until it is said nobody else writes.
asio::awaitable<Result<void>> WsClient::State::converse() {
  ping_by_message();
  opening = true;
  Result<void> said;
  for (const WsOpeningStep& step : options.conversation.opening) {
    if (step.message)
      said = co_await say_first(*step.message);
    else
      said = co_await wait_for_answer(*step.awaited);
    if (!said) break;
  }
  opening = false;
  awaited = nullptr;
  room.notify_all();
  co_return said;
}

asio::awaitable<Result<void>> WsClient::State::say_first(const Message& message) {
  std::string frames;
  Result<void> fits;
  if (dialect)
    fits = encode_in_dialect(frames, message, false);
  else
    encode(frames, message);
  if (!fits) co_return fits;
  if (!co_await send(frames)) co_return why_ended();
  co_return Result<void>();
}

asio::awaitable<Result<void>> WsClient::State::wait_for_answer(const Pattern& pattern) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + options.connect_timeout;
  awaited = &pattern;
  while (awaited != nullptr) {
    if (rejection) co_return *rejection;
    if (!open()) co_return why_ended();
    const bool in_time = co_await replied.wait_until(deadline);
    if (!in_time && awaited != nullptr && !rejection && open())
      co_return Error(Fault::network, "no answer with " + printable(pattern.text()) + " within " +
                                          seconds_of(options.connect_timeout) +
                                          " (--connect-timeout)");
  }
  co_return Result<void>();
}

// True when the message is part of the conversation, and not to be read.
bool WsClient::State::is_answered(std::string_view payload) {
  const WsConversation& known = options.conversation;
  if (awaited != nullptr) {
    const auto fits = [&](const Pattern& pattern) { return pattern.matches(payload); };
    if (std::any_of(known.rejections.begin(), known.rejections.end(), fits)) {
      rejection = Error(Fault::refused, "the server refused: " + printable(payload, kMostShown));
      replied.notify_all();
      return true;
    }
    if (awaited->matches(payload)) {
      Log::info("answered: " + printable(payload, kMostShown));
      awaited = nullptr;
      replied.notify_all();
      return true;
    }
  }
  for (const AnswerRule& rule : known.answers) {
    if (!rule.question.matches(payload)) continue;
    say(answer_to(payload, rule));
    return true;
  }
  return false;
}

std::string WsClient::State::answer_to(std::string_view question, const AnswerRule& rule) {
  std::string out;
  for (const AnswerRule::Piece& piece : rule.answer) {
    out += piece.text;
    if (!piece.value) continue;
    std::vector<PickedValue> found;
    if (!picker) picker.emplace();
    if (!picker->prepare() || !picker->pick(question, *piece.value, found) || found.empty())
      continue;
    out += found.front().json;
  }
  return out;
}

void WsClient::State::say(std::string text) {
  if (!dialect) return say_frame({PayloadKind::text, std::move(text)});
  Message message;
  message.payload = std::move(text);
  if (dialect->state() == Dialect::State::joined && !dialect->send(message, false))
    Log::info("cannot say " + printable(message.payload, kMostShown));
  for (DialectFrame& frame : dialect->take_frames()) say_frame(std::move(frame));
}

// Never in the midst of what waits for the socket: a message of several frames must not be torn.
void WsClient::State::say_frame(DialectFrame frame) {
  if (!open()) return;
  if (sending || link->blocked()) {
    const std::size_t most = dialect ? kMostOwedInDialect : kMostOwed;
    if (owed.size() >= most) owed.pop_front();
    owed.push_back(std::move(frame));
    return;
  }
  std::string frames;
  const bool text = frame.kind == PayloadKind::text;
  // As it is: what has been compressed and not sent comes later.
  ws::append_masked_message(frames, text ? ws::Opcode::text : ws::Opcode::binary, frame.payload,
                            session.mask_key);
  if (frame.secret)
    link->write_secret(frames);
  else
    link->write(frames);
}

void WsClient::State::say_owed() {
  while (!owed.empty() && open() && !sending && !link->blocked()) {
    DialectFrame next = std::move(owed.front());
    owed.pop_front();
    say_frame(std::move(next));
  }
}

void WsClient::State::ping_by_message() {
  const WsConversation& known = options.conversation;
  if (known.ping.empty()) return;
  message_pings.expires_after(known.ping_interval);
  message_pings.async_wait([weak = weak_from_this()](asio::error_code failed) {
    const auto state = weak.lock();
    if (failed || !state || !state->open()) return;
    // One that waits is enough.
    if (state->owed.empty()) state->say(state->options.conversation.ping);
    state->ping_by_message();
  });
}

}  // namespace rt
