#include "io/http/poll.hpp"

#include <algorithm>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr std::size_t kWindow = 1000;
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

std::string_view media_type(const HttpResponse& response) {
  const std::string_view type = response.header("content-type");
  return trim(type.substr(0, type.find(';')));
}

// ETag without W/ and quotes (some servers send it without quotes).
std::string id_of(std::string_view etag) {
  if (etag.rfind("W/", 0) == 0) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') {
    etag = etag.substr(1, etag.size() - 2);
  }
  return std::string(etag);
}

// The server has done as it was asked (RFC 7240).
bool prefers_wait(const HttpResponse& response) {
  return ascii_lower(response.header("preference-applied")).find("wait") != std::string::npos;
}

std::chrono::seconds whole_seconds(Milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace

PollSource::PollSource(Reactor& reactor, HttpClient& client, PollOptions options)
    : client_(client),
      options_(std::move(options)),
      schedule_(options_.interval),
      timer_(reactor.executor()),
      channel_(channel_of_url(options_.url)),
      etag_(options_.etag),
      last_modified_(options_.last_modified) {
  if (options_.wait && *options_.wait <= 0ms) options_.wait.reset();
  if (options_.items) items_.emplace(*options_.items);
  if (options_.cursor) place_.emplace(*options_.cursor, options_.cursor_parameter);
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
  if (response) {
    answer = take(std::move(*response));
  } else if (response.error().fault() != Fault::timeout) {
    answer = response.error();
  } else if (!options_.wait || at_hub_ || !answered_) {
    answer = response.error().as(Fault::network);
  }
  // Else an ordinary server held the request for longer than it was asked to: nothing new.
  if (!answer) {
    // Who fails is asked no more often than who does not.
    const SteadyTime now = std::chrono::steady_clock::now();
    if (response && !options_.wait)
      retry_after_ = schedule_.after_answer(started, now, retry_after_);
    co_return answer;
  }
  answered_ = true;
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

asio::awaitable<Result<Batch>> PollSource::read_lines() {
  std::optional<Milliseconds> patience;
  if (options_.idle_timeout > 0ms) patience = options_.idle_timeout;
  auto lines = co_await lines_->read(patience);
  if (!lines || lines->empty()) {
    lines_.reset();
    next_at_ = std::chrono::steady_clock::now() + options_.interval;
  }
  if (!lines) co_return lines.error();
  Batch batch;
  for (std::string& line : *lines) {
    auto message = std::make_shared<Message>();
    message->kind = valid_utf8(line) ? PayloadKind::text : PayloadKind::binary;
    message->payload = std::move(line);
    message->channel = channel_;
    message->time = wall_now();
    batch.push_back(std::move(message));
  }
  co_return batch;
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
    request.url = with_query(without_position(request.url), "since=" + percent_encode(cursor_));
    request.url = with_query(request.url, "limit=" + std::to_string(kWindow));
    if (options_.wait) request.url = with_query(request.url, "wait=" + wait);
    request.headers.emplace_back("Accept", "application/x-ndjson");
    return request;
  }
  if (place_) request.url = place_->apply(request.url);
  // Strangers get what the library says: anything.
  if (options_.hub) request.headers.emplace_back("Accept", std::string(kHubFirst));
  if (!etag_.empty()) request.headers.emplace_back("If-None-Match", etag_);
  if (!last_modified_.empty()) request.headers.emplace_back("If-Modified-Since", last_modified_);
  if (!answered_) {
    // The first request does not wait: it shows who is there.
    request.url = with_query(request.url, options_.start);
    if (options_.start.rfind("since=", 0) == 0) {
      request.url = with_query(request.url, "limit=" + std::to_string(kWindow));
    }
    return request;
  }
  if (options_.wait) request.headers.emplace_back("Prefer", "wait=" + wait);
  return request;
}

Result<PollSource::Answer> PollSource::take(HttpResponse response) {
  const std::string next(response.header("rt-next"));
  const bool first_of_hub = !at_hub_ && !next.empty();
  const int status = response.status;
  const bool cut = response.cut;
  holds_ = prefers_wait(response);
  Answer answer;
  if (status >= 200 && status < 300 && status != 204 && status != 205) {
    const bool window = !next.empty() && response.header("rt-id").empty() &&
                        iequals(media_type(response), "application/x-ndjson");
    if (at_hub_ && !window) {
      return Error(Fault::protocol, "the hub's answer is no window of its channel");
    }
    if (window) {
      auto taken = take_window(response);
      if (!taken) return taken;
      answer = std::move(*taken);
    } else {
      if (!answered_ && !options_.start.empty()) {
        Log::warn("the server is no hub: it has no history to start from");
      }
      auto taken = take_representation(std::move(response));
      if (!taken) return taken;
      answer = std::move(*taken);
    }
  } else if (status == 304) {
    note_validators(response);
    answer.wish = wish_of(response);
  } else if (status == 204 || status == 205 || (status == 404 && !next.empty()) ||
             (status == 408 && options_.wait)) {
    // Nothing there, or the time of a long poll is up.
  } else {
    retry_after_ = rt::retry_after(response, wall_now());
    return status_error(response);
  }
  if (!next.empty()) {
    at_hub_ = true;
    cursor_ = cut ? answer.batch.back()->id : next;
  }
  // Only now is it known how to wait for the next one.
  if (first_of_hub && options_.wait) answer.at_once = true;
  return answer;
}

Result<PollSource::Answer> PollSource::take_window(const HttpResponse& response) {
  Answer answer;
  std::size_t number = 0;
  for (std::string_view line : split(response.body, '\n')) {
    ++number;
    line = trim(line.substr(0, line.find('\r')));
    if (line.empty()) continue;
    auto read = envelopes_.read(line);
    if (!read) {
      return Error(Fault::protocol, "line " + std::to_string(number) +
                                        " of the hub's answer: " + read.error().text());
    }
    if (read->payload.size() > options_.max_message)
      return message_too_long(read->payload.size(), options_.max_message);
    auto message = std::make_shared<Message>(std::move(*read));
    message->channel = channel_;
    if (message->time == WallTime{}) message->time = wall_now();
    answer.batch.push_back(std::move(message));
  }
  answer.at_once = response.cut || answer.batch.size() >= kWindow;
  if (response.cut && (answer.batch.empty() || answer.batch.back()->id.empty()))
    return Error(Fault::protocol, "a line of the hub's answer is longer than --max-message allows");
  return answer;
}

// Nothing is noted of an answer that is an error: it is asked for again.
Result<PollSource::Answer> PollSource::take_representation(HttpResponse response) {
  Answer answer;
  if (lines_) return answer;
  if (response.body.size() > options_.max_message)
    return message_too_long(response.body.size(), options_.max_message);
  answer.wish = wish_of(response);
  std::optional<std::string> position;
  if (place_) {
    auto found = place_->find(response);
    if (!found) return found.error();
    position = std::move(*found);
  }
  const bool moved = position && *position != place_->position();
  if (is_news(response, moved)) {
    Batch whole = {message_of(response)};
    if (!items_) {
      answer.batch = whole;
    } else if (auto taken = items_->take(whole, answer.batch); !taken) {
      return taken.error();
    }
    latest_ = std::move(whole.front());
  }
  if (moved) place_->move_to(*std::move(position));
  answer.moved = moved;
  etag_.clear();
  last_modified_.clear();
  note_validators(response);
  return answer;
}

bool PollSource::is_news(const HttpResponse& response, bool moved) const {
  const bool same = latest_ && latest_->payload == response.body;
  if (place_ && latest_) return moved && !(same && options_.changed == ChangedBy::body);
  if (!same) return true;
  const bool by_body = options_.changed == ChangedBy::body ||
                       (options_.changed == ChangedBy::automatic && !options_.wait);
  return !by_body &&
         (etag_ != response.header("etag") || last_modified_ != response.header("last-modified"));
}

MessagePtr PollSource::message_of(HttpResponse& response) const {
  auto message = std::make_shared<Message>();
  message->kind = valid_utf8(response.body) ? PayloadKind::text : PayloadKind::binary;
  message->payload = std::move(response.body);
  message->content_type = response.header("content-type");
  message->channel = channel_;
  message->id = id_of(response.header("etag"));
  message->time = wall_now();
  message->event = response.header("rt-event");
  message->origin_id = response.header("rt-origin-id");
  for (const auto& [name, value] : response.headers) {
    if (name != "rt-via") continue;
    for (const std::string_view relay : split(value, ',')) {
      if (!trim(relay).empty()) message->via.emplace_back(trim(relay));
    }
  }
  return message;
}

std::optional<Milliseconds> PollSource::wish_of(const HttpResponse& response) {
  if (options_.ignore_max_age || options_.wait) return std::nullopt;
  const std::optional<Milliseconds> wish = freshness(response);
  if (wish && *wish > options_.interval && !std::exchange(told_max_age_, true)) {
    Log::warn("Cache-Control of the server allows a request every " + seconds_text(wish->count()) +
              " only (--ignore-max-age)");
  }
  return wish;
}

void PollSource::note_validators(const HttpResponse& response) {
  // Some long-poll servers carry their position in both, also in a 304.
  const std::string_view etag = response.header("etag");
  const std::string_view modified = response.header("last-modified");
  if (!etag.empty()) etag_ = etag;
  if (!modified.empty()) last_modified_ = modified;
}

void PollSource::plan_next(const Answer& answer, SteadyTime started, SteadyTime now) {
  const bool news = !answer.batch.empty() || answer.moved;
  // A server that sends no validator cannot know what is new to us, so it holds no request, unless
  // it says so.
  const bool holdable = at_hub_ || place_ || holds_ || !etag_.empty() || !last_modified_.empty();
  if (answer.at_once) {
    next_at_ = now;
  } else if ((options_.wait || place_) && news && holdable) {
    const bool quick = !at_hub_ && now - started < kQuick;
    quick_answers_ = quick ? quick_answers_ + 1 : 0;
    next_at_ = quick_answers_ > kMaxQuickAnswers ? started + kQuick : now;
  } else {
    // A long poll that ended with nothing has taken its time already, if the server holds requests.
    next_at_ = now + schedule_.after_answer(started, now, answer.wish);
  }
}

}  // namespace rt
