#include "io/http/poll.hpp"

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/link_field.hpp"
#include "io/http/curl_setup.hpp"
#include "io/net/curl_connection.hpp"
#include "io/trace/redact.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

// A server that lets a request hang for longer than this is dead.
constexpr std::chrono::seconds kStall = 60s;
constexpr Milliseconds kLongestHeld = 10min;
// Beyond the time that a long poll may take: for the network and a slow server.
constexpr std::chrono::seconds kGrace = 15s;
// A server that answers long polls at once, every time, does not hold requests: after a number that
// a backlog may explain, the requests keep a distance.
constexpr unsigned kMaxQuickAnswers = 200;
constexpr Milliseconds kQuick = 100ms;

constexpr std::string_view kHubFirst = "application/x-ndjson, application/json;q=0.9, */*;q=0.8";

std::chrono::seconds whole_seconds(Milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace

PollSource::PollSource(Reactor& reactor, HttpClient& client, PollOptions options)
    : client_(client),
      options_(std::move(options)),
      schedule_(options_.pace),
      timer_(reactor.executor()),
      channel_(channel_of_url(options_.url)),
      etag_(options_.etag),
      last_modified_(options_.last_modified) {
  if (options_.wait && *options_.wait <= 0ms) options_.wait.reset();
  if (options_.items) items_.emplace(*options_.items);
  if (items_) items_->go_on(std::exchange(options_.seen, {}));
  if (options_.cursor) place_.emplace(*options_.cursor, options_.cursor_parameter);
  if (place_) place_->move_to(options_.position);
}

asio::awaitable<Result<Batch>> PollSource::read() {
  if (options_.idle_timeout > 0ms)
    idle_at_ = std::chrono::steady_clock::now() + options_.idle_timeout;
  while (true) {
    if (lines_) {
      auto lines = co_await read_lines();
      if (!lines || !lines->empty()) co_return lines;
    }
    co_await wait_for_turn();
    retry_after_.reset();
    if (idle_for_long())
      co_return Error(Fault::network,
                      "nothing new for " + seconds_text(options_.idle_timeout.count()));
    auto answer = co_await ask();
    if (!answer) co_return answer.error();
    if (!answer->batch.empty()) co_return std::move(answer->batch);
  }
}

bool PollSource::idle_for_long() const {
  return idle_at_ <= std::chrono::steady_clock::now();
}

asio::awaitable<void> PollSource::wait_for_turn() {
  if (next_at_ <= std::chrono::steady_clock::now()) co_return;
  timer_.expires_at(std::min(next_at_, idle_at_));
  asio::error_code ignored;
  co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

asio::awaitable<Result<PollSource::Answer>> PollSource::ask() {
  const SteadyTime started = std::chrono::steady_clock::now();
  // After an error the caller decides when to ask again.
  next_at_ = started;
  auto response = co_await receive();
  Result<Answer> answer = Answer();
  Result<Pages> pages = Pages();
  if (response && may_have_pages(*response)) pages = co_await next_pages(*response);
  if (!pages) {
    answer = pages.error();
  } else if (response) {
    answer = take(std::move(*response), std::move(*pages));
  } else if (response.error().fault() != Fault::timeout) {
    answer = response.error();
  } else if (!options_.wait || at_hub_ || !answered_) {
    answer = response.error().as(Fault::network);
  }
  // Else an ordinary server held the request for longer than it was asked to: nothing new.
  if (!answer) {
    // Who fails is asked no more often than who does not.
    const SteadyTime now = std::chrono::steady_clock::now();
    if (response && !options_.wait) retry_after_ = pause(started, now, retry_after_);
    co_return answer;
  }
  answered_ = true;
  if (on_answer_) on_answer_();
  plan_next(*answer, started, std::chrono::steady_clock::now());
  co_return answer;
}

// Of what does not end the head, and lines_ is there.
asio::awaitable<Result<HttpResponse>> PollSource::receive() {
  if (at_hub_) co_return co_await client_.request(next_request());
  auto answer =
      co_await client_.request_or_lines(next_request(), has_lines_ ? 0ms : options_.quiet);
  if (!answer) co_return answer.error();
  if (answer->lines) {
    has_lines_ = true;
    lines_.emplace(std::move(answer->lines), options_.max_message);
  }
  co_return std::move(answer->response);
}

// All or none.
asio::awaitable<Result<PollSource::Pages>> PollSource::next_pages(const HttpResponse& first) {
  Pages pages;
  std::optional<std::string> url = next_page(first);
  while (url) {
    if (pages.size() == options_.most_pages) {
      if (!std::exchange(told_pages_, true))
        Log::warn("there are more pages than --follow-next=" + std::to_string(pages.size()));
      break;
    }
    HttpRequest request;
    request.url = *url;
    request.foreign = !stays_at_host(options_.url, *url, {});
    request.stall = kStall;
    auto page = co_await client_.request(std::move(request));
    if (!page) co_return page.error();
    if (page->status < 200 || page->status >= 300) {
      retry_after_ = rt::retry_after(*page, wall_now());
      co_return status_error(*page);
    }
    url = next_page(*page);
    pages.push_back(std::move(*page));
  }
  co_return pages;
}

std::optional<std::string> PollSource::next_page(const HttpResponse& page) {
  for (const auto& [name, value] : page.headers) {
    const auto link = name == "link" ? http::link_to(value, "next") : std::nullopt;
    if (!link) continue;
    std::optional<std::string> url = resolved_url(page.url, *link);
    if (!url || options_.any_origin || stays_at_host(options_.url, *url, {})) return url;
    if (!std::exchange(told_pages_, true))
      Log::warn("the next page is elsewhere and is left out: " + printable(redacted(*url), 200) +
                " (--any-origin)");
    return std::nullopt;
  }
  return std::nullopt;
}

asio::awaitable<Result<Batch>> PollSource::read_lines() {
  std::optional<Milliseconds> patience;
  if (options_.idle_timeout > 0ms) patience = options_.idle_timeout;
  auto lines = co_await lines_->read(patience);
  if (!lines || lines->empty()) {
    lines_.reset();
    next_at_ = std::chrono::steady_clock::now() + schedule_.interval();
  }
  if (!lines) co_return lines.error();
  Batch batch;
  for (std::string& line : *lines) {
    auto message = std::make_shared<Message>();
    message->kind = valid_utf8(line) ? PayloadKind::text : PayloadKind::binary;
    message->guessed = true;
    message->payload = std::move(line);
    message->channel = channel_;
    message->time = wall_now();
    batch.push_back(std::move(message));
  }
  co_return batch;
}

HttpRequest PollSource::with_body(HttpRequest request) const {
  if (!options_.method.empty())
    request.method = options_.method;
  else if (!body_.empty())
    request.method = "POST";
  request.whole = true;
  if (body_.empty()) return request;
  request.body = body_;
  request.headers.emplace_back("Content-Type", options_.content_type.empty()
                                                   ? std::string(type_of_body(body_))
                                                   : options_.content_type);
  return request;
}

HttpRequest PollSource::next_request() const {
  HttpRequest request;
  request.url = options_.url;
  // A server with a cursor may wait as long as it likes, or as the URL says.
  request.held = options_.wait.value_or(place_ ? kLongestHeld : 0ms);
  request.stall = request.held > 0ms ? whole_seconds(request.held) + kGrace : kStall;
  request.lines = true;
  const std::string wait =
      options_.wait ? std::to_string(whole_seconds(*options_.wait).count()) : std::string();
  if (at_hub_) {
    const std::string cursor = cursor_of_ ? cursor_of_(cursor_) : cursor_;
    request.url = with_query(without_position(request.url), "since=" + percent_encode(cursor));
    request.url = with_query(request.url, "limit=" + std::to_string(kPollWindow));
    if (options_.wait) request.url = with_query(request.url, "wait=" + wait);
    request.headers.emplace_back("Accept", "application/x-ndjson");
    return request;
  }
  if (place_) request.url = place_->apply(request.url);
  request = with_body(std::move(request));
  // Strangers get what the library says: anything.
  if (options_.hub) request.headers.emplace_back("Accept", std::string(kHubFirst));
  // Of another method they would mean something else (RFC 9110 section 13.1).
  if (request.method == "GET" || request.method == "HEAD") {
    if (!etag_.empty()) request.headers.emplace_back("If-None-Match", etag_);
    if (!last_modified_.empty()) request.headers.emplace_back("If-Modified-Since", last_modified_);
  }
  if (!answered_) {
    // The first request does not wait: it shows who is there.
    request.url = with_query(request.url, options_.start);
    if (options_.start.rfind("since=", 0) == 0) {
      request.url = with_query(request.url, "limit=" + std::to_string(kPollWindow));
    }
    return request;
  }
  if (options_.wait) request.headers.emplace_back("Prefer", "wait=" + wait);
  return request;
}

Milliseconds PollSource::pause(SteadyTime started, SteadyTime now,
                               std::optional<Milliseconds> wish) {
  return schedule_.after_answer(started, now, wish, random_.next_unit());
}

void PollSource::plan_next(const Answer& answer, SteadyTime started, SteadyTime now) {
  const bool news = !answer.batch.empty() || answer.moved;
  // A server that sends no validator cannot know what is new to us, so it holds no request, unless
  // it says so.
  const bool holdable = at_hub_ || place_ || holds_ || !etag_.empty() || !last_modified_.empty();
  schedule_.note(news);
  if (answer.at_once) {
    next_at_ = now;
  } else if ((options_.wait || place_) && news && holdable) {
    const bool quick = !at_hub_ && now - started < kQuick;
    quick_answers_ = quick ? quick_answers_ + 1 : 0;
    next_at_ = quick_answers_ > kMaxQuickAnswers ? started + kQuick : now;
  } else {
    // A long poll that ended with nothing has taken its time already, if the server holds requests.
    next_at_ = now + pause(started, now, answer.wish);
  }
}

}  // namespace rt
