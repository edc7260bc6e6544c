#pragma once

#include <array>
#include <asio/any_io_executor.hpp>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "io/http/client.hpp"
#include "io/http/cookies.hpp"
#include "io/http/curl_setup.hpp"
#include "io/loop/curl.hpp"
#include "io/loop/notifier.hpp"
#include "io/net/curl_connection.hpp"

namespace rt {

// What the transfers of a client share, and what keeps it alive while one is under way.
struct HttpShared {
  HttpShared(Reactor& reactor, HttpOptions with)
      : executor(reactor.executor()),
        options(std::move(with)),
        network(options.network, options.tls),
        cookies(options.keeps_cookies, options.cookie_jar),
        loop(reactor) {}

  asio::any_io_executor executor;
  HttpOptions options;
  CurlNetwork network;
  HttpCookies cookies;
  CurlLoop loop;
};

// Whether the server wants Digest alone: Basic, which is sent unasked, is not what it wants then.
bool wants_digest(const HttpResponse& response);

// One exchange: from start() until it is done or this object goes.
class HttpTransfer {
 public:
  HttpTransfer(std::shared_ptr<HttpShared> owner, HttpRequest request, bool streaming);
  ~HttpTransfer();
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  Result<void> start();
  // Completes when the exchange is done or, of a stream, when its head is there; false when the
  // head is not there within `patience` (0: any time) of the last progress. The body of an answer
  // of which little is wanted is waited for no longer than that, either.
  asio::awaitable<bool> ready(Milliseconds patience);

  // As ready() of what is no stream, but see HttpClient::request_or_lines: then it is a stream.
  asio::awaitable<bool> ready_or_lines(Milliseconds patience, Milliseconds quiet);
  bool streaming() const { return streaming_; }

  // See HttpStream::read.
  asio::awaitable<Result<std::string>> read(std::optional<Milliseconds> patience);

  // For ready() that came to nothing.
  Error late(Milliseconds patience) const;
  bool failed() const { return done_ && code_ != 0; }
  Error error() const;
  HttpResponse& response() { return response_; }
  const HttpResponse& response() const { return response_; }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  bool take_header(std::string_view line);
  bool follows(long status) const { return options_.follows && follows_redirect(request_, status); }
  // Interim answers, and those that curl answers with another request (redirects, a refused
  // Expect), are not the answer.
  void end_of_head();
  bool announces_too_much() const;
  // Of such an answer only the head is needed, and a line that explains it.
  bool brief() const;
  bool in_json_lines() const;
  bool in_lines() const;
  // Ends the exchange, which has failed if what came of the answer is not enough. False.
  bool too_much(std::string_view why);
  std::string too_long() const;
  void keep_secrets(std::string_view location);
  long status() const;
  // curl answers it with the same request, once.
  bool is_challenge(long status);
  std::string effective_url() const;
  void note_move();
  void note_head(long status);
  std::size_t take_body(std::string_view bytes);
  void resume();
  void complete(int code);

  std::shared_ptr<HttpShared> owner_;
  CurlLoop& loop_;
  const HttpOptions& options_;
  HttpRequest request_;
  bool streaming_;
  bool watched_ = false;  // somebody wants to see the head and what comes of the body
  Notifier notifier_;
  CurlHeaders headers_;
  std::array<char, 256> error_text_{};  // CURL_ERROR_SIZE
  void* easy_ = nullptr;                // CURL*
  HttpResponse response_;
  std::size_t head_bytes_ = 0;
  std::string own_fault_;  // why a callback of ours ended the transfer
  int code_ = 0;           // CURLE_OK
  bool in_head_ = false;
  bool head_complete_ = false;
  bool paused_ = false;
  bool redirected_ = false;
  bool challenged_ = false;
  bool for_good_ = true;  // all redirects so far
  bool done_ = false;
};

}  // namespace rt
