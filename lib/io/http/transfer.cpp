#include "io/http/transfer.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.hpp"
#include "io/net/faults.hpp"

namespace rt {
namespace {

// How much of a stream waits for read() before the connection is held back.
constexpr std::size_t kStreamBuffer = 256u << 10;
constexpr std::size_t kMaxHead = 256u << 10;  // with what comes after the body
constexpr std::size_t kBriefAnswer = 64u << 10;
constexpr std::string_view kLongHead = "the head of the answer is too large";
// How curl's sentences begin where its code alone does not tell.
constexpr std::string_view kTooSlow = "Operation too slow";
constexpr std::string_view kHeadTooLarge = "Too large response headers";
// CURLE_TOO_LARGE, of a later curl; an earlier one is "out of memory" at a line without an end.
constexpr int kTooLarge = 100;

std::string show_patience(Milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

}  // namespace

bool wants_digest(const HttpResponse& response) {
  bool digest = false;
  for (const auto& [name, value] : response.headers) {
    if (name != "www-authenticate") continue;
    const std::string said = ascii_lower(value);
    if (said.starts_with("basic") || said.find(", basic ") != std::string::npos) return false;
    digest = digest || said.starts_with("digest ");
  }
  return digest;
}

HttpTransfer::HttpTransfer(std::shared_ptr<HttpShared> owner, HttpRequest request, bool streaming)
    : owner_(std::move(owner)),
      loop_(owner_->loop),
      options_(owner_->options),
      request_(std::move(request)),
      streaming_(streaming),
      notifier_(owner_->executor) {}

HttpTransfer::~HttpTransfer() {
  if (easy_ == nullptr) return;
  loop_.remove(easy_);
  owner_->cookies.leave(easy_);
  loop_.give_back(easy_);
}

Result<void> HttpTransfer::start() {
  easy_ = loop_.take_handle();
  if (easy_ == nullptr) return Error(Fault::other, "out of memory");
  if (auto ready = set_up(easy_, options_, request_, headers_); !ready) return ready;
  owner_->network.set_up(easy_);
  owner_->cookies.set_up(easy_);
  static_assert(sizeof error_text_ >= CURL_ERROR_SIZE);
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &HttpTransfer::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &HttpTransfer::on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  if (!loop_.add(easy_, [this](int code) { complete(code); })) {
    return Error(Fault::other, "libcurl refused the request");
  }
  return {};
}

asio::awaitable<bool> HttpTransfer::ready(Milliseconds patience) {
  const auto clock = [] { return std::chrono::steady_clock::now(); };
  SteadyTime deadline = patience > 0ms ? clock() + patience : SteadyTime::max();
  curl_off_t sent = 0;
  while (!done_ && !((streaming_ || watched_) && head_complete_)) {
    if (deadline == SteadyTime::max() || (head_complete_ && !brief())) {
      co_await notifier_.wait();
      continue;
    }
    // No answer can be there before the whole body is, which is looked at now and then.
    const bool sending = static_cast<std::uint64_t>(sent) < request_.body.size();
    const SteadyTime look = sending ? std::min(deadline, clock() + patience / 8) : deadline;
    const bool woken = co_await notifier_.wait_until(look);
    if (woken || done_ || (head_complete_ && !brief())) continue;
    curl_off_t now_sent = 0;
    curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &now_sent);
    if (now_sent > sent) {
      sent = now_sent;
      deadline = clock() + patience;
    }
    if (clock() >= deadline) co_return head_complete_;
  }
  co_return true;
}

asio::awaitable<bool> HttpTransfer::ready_or_lines(Milliseconds patience, Milliseconds quiet) {
  watched_ = true;
  const bool in_time = co_await ready(patience);
  if (done_ || !in_time) co_return in_time;
  if (brief()) {
    watched_ = false;
    co_return co_await ready(patience);
  }
  const SteadyTime busy_until = std::chrono::steady_clock::now() + 5 * quiet;
  while (!done_) {
    const SteadyTime now = std::chrono::steady_clock::now();
    const bool woken = co_await notifier_.wait_until(now + std::max(quiet, Milliseconds(50)));
    if (done_) break;
    const bool due = !woken || now >= busy_until;
    if (!due || !in_json_lines()) continue;
    streaming_ = true;
    curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME, 0L);
    break;
  }
  co_return true;
}

asio::awaitable<Result<std::string>> HttpTransfer::read(std::optional<Milliseconds> patience) {
  std::optional<SteadyTime> deadline;
  if (patience) deadline = std::chrono::steady_clock::now() + *patience;
  while (response_.body.empty() && !done_) {
    if (!deadline) {
      co_await notifier_.wait();
      continue;
    }
    const bool woken = co_await notifier_.wait_until(*deadline);
    if (!woken && response_.body.empty() && !done_) {
      co_return silence(*patience);
    }
  }
  std::string bytes = std::move(response_.body);
  response_.body.clear();
  if (!bytes.empty()) {
    resume();
    co_return bytes;
  }
  if (failed()) co_return error();
  co_return std::string();
}

Error HttpTransfer::late(Milliseconds patience) const {
  curl_off_t connected = 0;
  curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &connected);
  return Error(connected > 0 ? Fault::timeout : Fault::network,
               (connected > 0 ? "no answer within " : "cannot connect within ") +
                   show_patience(patience))
      .with_hint("--connect-timeout");
}

Error HttpTransfer::error() const {
  if (!own_fault_.empty()) return Error(Fault::protocol, own_fault_);
  const std::string_view said(error_text_.data());
  if (request_.stall && code_ == CURLE_OPERATION_TIMEDOUT && said.starts_with(kTooSlow)) {
    const std::string time = std::to_string(request_.stall->count()) + " s";
    return Error(Fault::timeout, head_complete_
                                     ? "nothing came for " + time + " in the middle of the answer"
                                     : "no answer for " + time);
  }
  if (!head_complete_ &&
      (code_ == CURLE_OUT_OF_MEMORY || code_ == kTooLarge || said.starts_with(kHeadTooLarge)))
    return Error(Fault::protocol, std::string(kLongHead));
  return transfer_error(easy_, code_, error_text_.data());
}

std::size_t HttpTransfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->take_header({data, size * count}) ? size * count : 0;
}

std::size_t HttpTransfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  return static_cast<HttpTransfer*>(self)->take_body({data, size * count});
}

bool HttpTransfer::take_header(std::string_view line) {
  head_bytes_ += line.size();
  if (head_bytes_ > kMaxHead) return too_much(kLongHead);
  if (head_complete_) return true;  // a trailer
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  if (line.empty()) {
    end_of_head();
    return own_fault_.empty();
  }
  const std::size_t colon = line.find(':');
  if (line.substr(0, 5) == "HTTP/" && !in_head_) {
    in_head_ = true;
    response_.headers.clear();
    // curl looks when the location comes, and would make a GET of what is published.
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, follows(status()) ? 1L : 0L);
  } else if (colon != std::string_view::npos) {
    response_.headers.emplace_back(ascii_lower(trim(line.substr(0, colon))),
                                   std::string(trim(line.substr(colon + 1))));
  }
  return true;
}

void HttpTransfer::end_of_head() {
  in_head_ = false;
  if (!response_.header("set-cookie").empty()) owner_->cookies.save(easy_);
  const long status = this->status();
  if (status < 200) return;
  note_move();
  for_good_ = for_good_ && (status == 301 || status == 308);
  const bool redirect = status >= 300 && status < 400 && !response_.header("location").empty();
  if (redirect && follows(status)) return keep_secrets(response_.header("location"));
  if (status == 417 || is_challenge(status)) return;
  note_head(status);
  head_complete_ = true;
  if (!streaming_ && announces_too_much() && !brief() && !in_lines()) own_fault_ = too_long();
  if (streaming_ || watched_) notifier_.notify_all();
}

// Nobody has to wait for what will not be taken. Where there is no body the length is that of one
// that another request would get.
bool HttpTransfer::announces_too_much() const {
  if (response_.status == 204 || response_.status == 304 || request_.method == "HEAD") return false;
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  return length > 0 && static_cast<std::uint64_t>(length) > options_.max_body;
}

bool HttpTransfer::brief() const {
  return (request_.method != "GET" && !request_.whole) || response_.status >= 300;
}

// The answer may have no end, and begins with a line that is an object or an array.
bool HttpTransfer::in_json_lines() const {
  curl_off_t length = -1;
  curl_easy_getinfo(easy_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  std::string_view line = std::string_view(response_.body).substr(0, kStreamBuffer);
  const std::size_t end = line.find_first_not_of("\x1e\r\n");
  if (length >= 0 || end == std::string_view::npos) return false;
  line.remove_prefix(end);
  if (line.find('\n') == std::string_view::npos) return false;
  line = trim(line.substr(0, line.find('\n')));
  return line.size() >= 2 && ((line.front() == '{' && line.back() == '}') ||
                              (line.front() == '[' && line.back() == ']'));
}

bool HttpTransfer::in_lines() const {
  const std::string_view type = response_.header("content-type");
  return request_.lines && iequals(trim(type.substr(0, type.find(';'))), "application/x-ndjson");
}

bool HttpTransfer::too_much(std::string_view why) {
  const std::size_t line = in_lines() ? response_.body.rfind('\n') + 1 : 0;
  response_.cut = head_complete_ && !streaming_ && (brief() || line > 0);
  if (!response_.cut) own_fault_ = why;
  if (response_.cut && !brief()) response_.body.resize(line);
  return false;
}

std::string HttpTransfer::too_long() const {
  return "the answer is larger than " + std::to_string(options_.max_body) + " bytes";
}

// As curl does with Authorization and Cookie of -H, and with -u.
void HttpTransfer::keep_secrets(std::string_view location) {
  if (!headers_.differ() || request_.foreign) return;
  char* url = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
  if (url != nullptr && stays_at_host(request_.url, url, std::string(location))) return;
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_.list_for_others());
}

long HttpTransfer::status() const {
  long status = 0;
  curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

bool HttpTransfer::is_challenge(long status) {
  if (status != 401 || !options_.digest || !wants_digest(response_)) return false;
  return !std::exchange(challenged_, true);
}

std::string HttpTransfer::effective_url() const {
  char* url = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_EFFECTIVE_URL, &url);
  return url != nullptr ? url : request_.url;
}

// What is meant for one server is never sent to another of itself.
void HttpTransfer::note_move() {
  if (!for_good_) return;
  std::string url = effective_url();
  const bool secrets = headers_.differ() || !options_.user.empty() || !options_.password.empty() ||
                       !options_.bearer.empty();
  if (secrets && !stays_at_host(request_.url, url, url)) for_good_ = false;
  if (for_good_ && std::exchange(redirected_, true)) response_.moved_to = std::move(url);
}

void HttpTransfer::note_head(long status) {
  response_.stays = !options_.follows;
  response_.status = static_cast<int>(status);
  response_.url = effective_url();
}

std::size_t HttpTransfer::take_body(std::string_view bytes) {
  std::string& body = response_.body;
  if (streaming_) {
    if (!body.empty() && body.size() + bytes.size() > kStreamBuffer) {
      paused_ = true;
      return CURL_WRITEFUNC_PAUSE;
    }
    body.append(bytes);
    notifier_.notify_all();
    return bytes.size();
  }
  const std::size_t most = brief() ? kBriefAnswer : options_.max_body;
  const std::size_t room = most - std::min(most, body.size());
  body.append(bytes.substr(0, room));
  if (watched_) notifier_.notify_all();
  return bytes.size() <= room || too_much(too_long()) ? bytes.size() : 0;
}

void HttpTransfer::resume() {
  if (!paused_ || done_) return;
  paused_ = false;
  // May call take_body with what curl held back.
  curl_easy_pause(easy_, CURLPAUSE_CONT);
}

void HttpTransfer::complete(int code) {
  code_ = response_.cut ? CURLE_OK : code;
  done_ = true;
  if (code_ == CURLE_OK && !head_complete_) note_head(status());
  notifier_.notify_all();
}

}  // namespace rt
