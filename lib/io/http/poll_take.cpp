#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/sha1.hpp"
#include "io/http/poll.hpp"

// What a poll's answers bring.
namespace rt {
namespace {

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

}  // namespace

std::optional<Position> PollSource::position() const {
  if (!answered_ || has_lines_) return std::nullopt;
  if (at_hub_) return Position{.id = cursor_, .at_hub = true};
  return Position{.id = place_ ? place_->position() : std::string(),
                  .etag = etag_,
                  .last_modified = last_modified_,
                  .digest = latest_ ? hex_encode(sha1(latest_->payload)) : options_.digest,
                  .seen = items_ ? items_->seen() : std::string()};
}

Result<PollSource::Answer> PollSource::take(HttpResponse response, Pages pages) {
  const std::string next(response.header("rt-next"));
  const bool first_of_hub = options_.takes_windows && !at_hub_ && !next.empty();
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
      auto taken = take_representation(std::move(response), std::move(pages));
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
    const bool gets = options_.method.empty() && body_.empty();
    return status_error(response, gets ? kAnswersPost : "");
  }
  if (!next.empty() && options_.takes_windows) {
    at_hub_ = true;
    cursor_ = cut ? answer.batch.back()->id : next;
  }
  // Only now is it known how to wait for the next one.
  if (first_of_hub && options_.wait) answer.at_once = true;
  return answer;
}

Result<PollSource::Answer> PollSource::take_window(const HttpResponse& response) {
  Answer answer;
  const WallTime now = wall_now();
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
    stamp_receipt(*message, now);
    answer.batch.push_back(std::move(message));
  }
  answer.at_once = response.cut || answer.batch.size() >= kPollWindow;
  if (response.cut && (answer.batch.empty() || answer.batch.back()->id.empty()))
    return Error(Fault::protocol, "a line of the hub's answer is longer than --max-message allows");
  return answer;
}

// Nothing is noted of an answer that is an error: it is asked for again.
Result<PollSource::Answer> PollSource::take_representation(HttpResponse response, Pages pages) {
  Answer answer;
  if (lines_) return answer;
  answer.wish = wish_of(response);
  pages.insert(pages.begin(), std::move(response));
  HttpResponse& first = pages.front();
  std::optional<std::string> position;
  for (const HttpResponse& page : pages) {
    if (page.body.size() > options_.max_message)
      return message_too_long(page.body.size(), options_.max_message);
    if (!place_) continue;
    auto found = place_->find(page);
    if (!found) return found.error();
    if (*found) position = std::move(*found);
  }
  const bool moved = position && *position != place_->position();
  if (is_news(first, moved)) {
    Batch whole;
    for (HttpResponse& page : pages) whole.push_back(message_of(page));
    MessagePtr latest = whole.front();
    if (!items_) {
      answer.batch = std::move(whole);
    } else if (auto taken = items_->take(whole, answer.batch); !taken) {
      return taken.error();
    }
    latest_ = std::move(latest);
  }
  if (moved) place_->move_to(*std::move(position));
  answer.moved = moved;
  etag_.clear();
  last_modified_.clear();
  note_validators(first);
  return answer;
}

bool PollSource::may_have_pages(const HttpResponse& response) const {
  const bool answered = response.status >= 200 && response.status < 300;
  return options_.most_pages > 0 && answered && !lines_ && !at_hub_ && !from_hub(response) &&
         is_news(response, true);
}

bool PollSource::is_news(const HttpResponse& response, bool moved) const {
  const bool first = !latest_ && options_.digest.empty();
  const bool same = latest_ ? latest_->payload == response.body
                            : !first && hex_encode(sha1(response.body)) == options_.digest;
  if (place_ && !first) return moved && !(same && options_.changed == ChangedBy::body);
  if (!same) return true;
  const bool by_body = options_.changed == ChangedBy::body ||
                       (options_.changed == ChangedBy::automatic && !options_.wait);
  return !by_body &&
         (etag_ != response.header("etag") || last_modified_ != response.header("last-modified"));
}

MessagePtr PollSource::message_of(HttpResponse& response) const {
  auto message = std::make_shared<Message>();
  message->kind = valid_utf8(response.body) ? PayloadKind::text : PayloadKind::binary;
  message->guessed = true;
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
  if (wish && *wish > options_.pace.interval && !std::exchange(told_max_age_, true)) {
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

}  // namespace rt
