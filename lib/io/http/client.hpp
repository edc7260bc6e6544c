#pragma once

#include <asio/awaitable.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "io/http/response.hpp"
#include "io/loop/reactor.hpp"
#include "model/defaults.hpp"
#include "model/network_options.hpp"
#include "model/tls_options.hpp"

namespace rt {

// What goes with every request of one program: from the command line.
struct HttpOptions {
  TlsOptions tls;
  NetworkOptions network;
  // -H: they replace what a request or the library would send under that name; an empty value sends
  // none. No redirect to another origin takes them along, but for Content-Type and Accept.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string user;  // -u
  std::string password;
  std::string bearer;
  bool digest = false;  // user and password by Digest (RFC 7616); a server that wants it gets it
  bool follows = true;  // redirects
  bool keeps_cookies = true;
  std::string cookie_jar;  // a file that keeps them, too; empty: none
  Milliseconds connect_timeout = defaults::kConnectTimeout;
  // A larger answer is an error (protocol). Of an answer to what is no GET, and of one that is no
  // success, 64 KiB are enough for whoever reads it: the rest is not read.
  std::size_t max_body = defaults::kMaxBody;
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;     // sent with POST, PUT and PATCH
  bool secret = false;  // no trace shows the body
  // Limits for the whole exchange, and for how long nothing may be sent or received. When one
  // passes on a connection that stood, the error is Fault::timeout.
  std::optional<Milliseconds> timeout;
  std::optional<std::chrono::seconds> stall;
  // Of request(): for how long the server may hold its answer on purpose. The head has to be there
  // within connect_timeout and this; the error is Fault::timeout, too.
  Milliseconds held = 0ms;
  // Of request(): an NDJSON answer that is too long ends after the last line that is not, and says
  // so (HttpResponse::cut).
  bool lines = false;
  // Of request(): the answer is wanted as a whole although the method is not GET.
  bool whole = false;
  // Its URL leads to another origin than the user's own: no credentials, and of -H what goes along
  // with a redirect there.
  bool foreign = false;
};

// An answer whose body is read as it comes (an event stream). Backpressure: while read() is not
// called, no more than some hundred KiB are taken from the connection.
class HttpStream {
 public:
  virtual ~HttpStream() = default;               // ends the exchange
  virtual const HttpResponse& head() const = 0;  // body is empty
  // The next bytes, as many as have come; empty at the end of the body. A broken connection is an
  // error (network), and so is silence for longer than `patience`.
  virtual asio::awaitable<Result<std::string>> read(
      std::optional<Milliseconds> patience = std::nullopt) = 0;
};

// What came of a request whose answer may have no end.
struct HttpAnswer {
  HttpResponse response;              // whole; with `lines` its head
  std::unique_ptr<HttpStream> lines;  // set: JSON texts, one a line, from the first one on
};

// HTTP over libcurl's multi interface on the reactor: TLS, HTTP/2, proxies (environment),
// compression, redirects (with the same method and body, so of POST and PUT only 307 and 308;
// credentials never to another origin), connection reuse. Errors are network (resolve,
// connect, reset), tls, or protocol, with one clause of text. An answer with an HTTP error status,
// or a redirect that is not followed, is not an error here: see status_error. A request ends when
// its coroutine is cancelled or destroyed, a stream with its object. With -v each request and
// response head is logged, secrets struck out.
class HttpClient {
 public:
  HttpClient(Reactor& reactor, HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  asio::awaitable<Result<HttpResponse>> request(HttpRequest request);
  // The same, but of an answer that announces no length, whose first line is a JSON object or array
  // and that has not ended: once nothing has come of it for `quiet`, or after five times that, it
  // is a stream of such lines, and this completes.
  asio::awaitable<Result<HttpAnswer>> request_or_lines(HttpRequest request, Milliseconds quiet);
  // Completes when the head of the answer is there, which it has to be within connect_timeout.
  asio::awaitable<Result<std::unique_ptr<HttpStream>>> open(HttpRequest request);

 private:
  bool may_learn_digest() const;
  // The answer was a challenge that the credentials can meet: the request is to be made again.
  bool learns_digest(const HttpResponse& response);
  asio::awaitable<Result<HttpResponse>> request_once(HttpRequest request);
  asio::awaitable<Result<HttpAnswer>> request_or_lines_once(HttpRequest request,
                                                            Milliseconds quiet);
  asio::awaitable<Result<std::unique_ptr<HttpStream>>> open_once(HttpRequest request);

  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace rt
