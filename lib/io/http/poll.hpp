#pragma once

#include <asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "codec/envelope.hpp"
#include "engine/poll_schedule.hpp"
#include "io/http/client.hpp"
#include "io/http/line_stream.hpp"
#include "io/http/poll_cursor.hpp"
#include "io/http/poll_items.hpp"
#include "io/loop/source.hpp"
#include "model/changed_by.hpp"
#include "model/defaults.hpp"
#include "model/position.hpp"

namespace rt {

inline constexpr std::size_t kPollWindow = 1000;  // messages of a hub in one answer

struct PollOptions {
  std::string url;  // http or https, without credentials (Endpoint::http_url)
  PollPace pace = {.interval = defaults::kPollInterval};
  std::optional<Milliseconds> wait;  // set: long polling, and how long the server may hold one
  // Where to start at a hub, as a query: "since=ID", "since=" (the whole window) or "last=N".
  // Empty: with the latest message. An ordinary server ignores it.
  std::string start;
  std::size_t max_message = defaults::kMaxMessage;  // a longer one is an error (protocol)
  // false: of a hub's channel only its latest message is asked for, as of any URL.
  bool takes_windows = true;
  bool hub = false;  // the user says that it is one: the first answer may be in its own types
  ChangedBy changed = ChangedBy::automatic;
  bool ignore_max_age = false;
  // Nothing new for so long is an error (network). 0: never.
  Milliseconds idle_timeout = 0ms;
  // What the first request already knows (If-None-Match, If-Modified-Since), as it is sent.
  std::string etag = {};
  std::string last_modified = {};
  // Of a run before this one: the digest of the body that it had last, what its lists had, and its
  // cursor.
  std::string digest = {};
  std::string seen = {};
  std::string position = {};
  std::string method = {};        // empty: GET, or POST where there is a body
  std::string content_type = {};  // of the body; empty: by its looks
  // So many further pages of an answer, as its Link fields lead to with rel=next, belong to it.
  std::size_t most_pages = 0;
  bool any_origin = false;  // they may lie elsewhere; no credentials go there
  // An ordinary server's answers have lists: each new element is a message.
  std::optional<PollItemsOptions> items = {};
  // They say from where on to ask. What does not move this brings nothing new.
  std::optional<CursorPlace> cursor = {};
  std::string cursor_parameter = {};
  // Of an answer that does not end: after so long without anything its lines are messages.
  Milliseconds quiet = 1s;
};

// HTTP polling as messages: what is new since the last answer, and only that.
//
// Ordinary servers: conditional requests (ETag, Last-Modified); 304, 408 of a long poll, and a 200
// with the same body, or the same validators and body, bring nothing. Each other answer is one
// message: payload = body, content_type, id = ETag without quotes, channel = the URL's path; or of
// its list each new element. Of an answer of JSON lines that does not end each line is one, as it
// comes.
//
// Hubs (an answer with RT-Next): after the first answer the cursor is followed in windows of
// NDJSON, so nothing between two polls is missed; a lost stretch is a gap message. A channel
// without a message yet is no error.
//
// The object keeps validators and cursor, so after an error read() may be called again: it asks at
// once and goes on where it was. How long to wait before is retry_after().
class PollSource : public Source {
 public:
  // The client must outlive this.
  PollSource(Reactor& reactor, HttpClient& client, PollOptions options);

  // Polls until there is something new. Never ends by itself. Errors: network, tls, protocol, and
  // status_error() of an answer.
  asio::awaitable<Result<Batch>> read() override;

  // Of every request. Before the first read().
  void set_body(std::string body) { body_ = std::move(body); }

  // From now on it is called at each answer that is no error.
  void on_answer(std::function<void()> call) { on_answer_ = std::move(call); }
  // At a hub: what it is asked by is made of the cursor so, from now on.
  void ask_by(std::function<std::string(std::string_view id)> cursor) {
    cursor_of_ = std::move(cursor);
  }
  // True after the first answer that was no error: the server is there (it may have had no news).
  bool connected() const { return answered_; }
  bool at_hub() const { return at_hub_; }
  // At a hub: the id behind which the next request asks.
  const std::string& cursor() const { return cursor_; }
  // Where another run would go on after all that was read; nullopt: nowhere, or not known yet.
  std::optional<Position> position() const;
  // The wish of the answer that failed last (Retry-After), if it had one, and at an interval the
  // time that is left of it, if there was an answer.
  std::optional<Milliseconds> retry_after() const { return retry_after_; }

 private:
  // What one answer brought, and when the next request may leave.
  struct Answer {
    Batch batch;
    bool at_once = false;              // there is more
    bool moved = false;                // the cursor
    std::optional<Milliseconds> wish;  // how long the server wants to be left alone
  };

  using Pages = std::vector<HttpResponse>;  // after the first

  asio::awaitable<Result<Answer>> ask();
  asio::awaitable<Result<HttpResponse>> receive();
  asio::awaitable<Result<Pages>> next_pages(const HttpResponse& first);
  std::optional<std::string> next_page(const HttpResponse& page);
  asio::awaitable<Result<Batch>> read_lines();
  HttpRequest next_request() const;
  HttpRequest with_body(HttpRequest request) const;
  Result<Answer> take(HttpResponse response, Pages pages);
  Result<Answer> take_window(const HttpResponse& response);
  Result<Answer> take_representation(HttpResponse response, Pages pages);
  bool may_have_pages(const HttpResponse& response) const;
  bool is_news(const HttpResponse& response, bool moved) const;
  // Takes the body out of the response.
  MessagePtr message_of(HttpResponse& response) const;
  void note_validators(const HttpResponse& response);
  std::optional<Milliseconds> wish_of(const HttpResponse& response);
  Milliseconds pause(SteadyTime started, SteadyTime now, std::optional<Milliseconds> wish);
  void plan_next(const Answer& answer, SteadyTime started, SteadyTime now);
  asio::awaitable<void> wait_for_turn();
  bool idle_for_long() const;

  HttpClient& client_;
  PollOptions options_;
  PollSchedule schedule_;
  asio::steady_timer timer_;
  Random random_ = Random::from_system();
  std::string channel_;
  std::string body_;
  envelope::Reader envelopes_;

  std::function<void()> on_answer_;
  bool answered_ = false;
  bool at_hub_ = false;
  std::string cursor_;
  std::function<std::string(std::string_view id)> cursor_of_;  // null: as it is
  std::string etag_;
  std::string last_modified_;
  std::optional<PollItems> items_;
  std::optional<PollCursor> place_;  // at an ordinary server
  bool holds_ = false;               // it has said that it waits (RFC 7240)
  MessagePtr latest_;                // the last representation that an ordinary server gave
  std::optional<LineStream> lines_;  // its answer, which does not end
  bool has_lines_ = false;           // it has given such a one
  bool told_max_age_ = false;
  bool told_pages_ = false;  // that there are more
  std::optional<Milliseconds> retry_after_;
  SteadyTime next_at_{};
  SteadyTime idle_at_ = SteadyTime::max();  // when nothing new has come for too long
  unsigned quick_answers_ = 0;              // in a row, of a long poll
};

}  // namespace rt
