#include "io/http/client.hpp"

#include <utility>

#include "io/http/transfer.hpp"

namespace rt {
namespace {

constexpr std::size_t kAsksFirst = 1u << 20;

class CurlStream : public HttpStream {
 public:
  explicit CurlStream(std::unique_ptr<HttpTransfer> transfer) : transfer_(std::move(transfer)) {
    HttpResponse& response = transfer_->response();
    head_.status = response.status;
    head_.url = response.url;
    head_.moved_to = response.moved_to;
    head_.stays = response.stays;
    head_.headers = std::move(response.headers);
  }

  const HttpResponse& head() const override { return head_; }
  asio::awaitable<Result<std::string>> read(std::optional<Milliseconds> patience) override {
    return transfer_->read(patience);
  }

 private:
  std::unique_ptr<HttpTransfer> transfer_;
  HttpResponse head_;
};

}  // namespace

struct HttpClient::State : HttpShared {
  using HttpShared::HttpShared;
};

HttpClient::HttpClient(Reactor& reactor, HttpOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

HttpClient::~HttpClient() = default;

bool HttpClient::may_learn_digest() const {
  const HttpOptions& options = state_->options;
  const bool basic = !options.user.empty() || !options.password.empty();
  return basic && options.bearer.empty() && !options.digest;
}

bool HttpClient::learns_digest(const HttpResponse& response) {
  if (response.status != 401 || !wants_digest(response)) return false;
  state_->options.digest = true;
  return true;
}

asio::awaitable<Result<HttpResponse>> HttpClient::request(HttpRequest request) {
  if (!may_learn_digest()) co_return co_await request_once(std::move(request));
  auto response = co_await request_once(request);
  if (response && learns_digest(*response)) response = co_await request_once(std::move(request));
  co_return response;
}

asio::awaitable<Result<HttpAnswer>> HttpClient::request_or_lines(HttpRequest request,
                                                                 Milliseconds quiet) {
  if (!may_learn_digest()) co_return co_await request_or_lines_once(std::move(request), quiet);
  auto answer = co_await request_or_lines_once(request, quiet);
  if (answer && learns_digest(answer->response))
    answer = co_await request_or_lines_once(std::move(request), quiet);
  co_return answer;
}

asio::awaitable<Result<std::unique_ptr<HttpStream>>> HttpClient::open(HttpRequest request) {
  if (!may_learn_digest()) co_return co_await open_once(std::move(request));
  auto stream = co_await open_once(request);
  if (stream && learns_digest((*stream)->head())) stream = co_await open_once(std::move(request));
  co_return stream;
}

asio::awaitable<Result<HttpResponse>> HttpClient::request_once(HttpRequest request) {
  // Before a large body curl asks whether it is wanted, and waits a second for the answer.
  const Milliseconds held = request.held + (request.body.size() > kAsksFirst ? 1s : 0s);
  HttpTransfer transfer(state_, std::move(request), false);
  if (auto started = transfer.start(); !started) co_return started.error();
  const Milliseconds limit = state_->options.connect_timeout;
  const Milliseconds patience = limit > 0ms ? limit + held : 0ms;
  const bool in_time = co_await transfer.ready(patience);
  if (!in_time) co_return transfer.late(patience);
  if (transfer.failed()) co_return transfer.error();
  co_return std::move(transfer.response());
}

asio::awaitable<Result<HttpAnswer>> HttpClient::request_or_lines_once(HttpRequest request,
                                                                      Milliseconds quiet) {
  const Milliseconds held = request.held;
  auto transfer = std::make_unique<HttpTransfer>(state_, std::move(request), false);
  if (auto started = transfer->start(); !started) co_return started.error();
  const Milliseconds limit = state_->options.connect_timeout;
  const Milliseconds patience = limit > 0ms ? limit + held : 0ms;
  const bool in_time = co_await transfer->ready_or_lines(patience, quiet);
  if (!in_time) co_return transfer->late(patience);
  if (transfer->failed()) co_return transfer->error();
  HttpAnswer answer;
  if (!transfer->streaming()) {
    answer.response = std::move(transfer->response());
    co_return answer;
  }
  answer.lines = std::make_unique<CurlStream>(std::move(transfer));
  answer.response = answer.lines->head();
  co_return answer;
}

asio::awaitable<Result<std::unique_ptr<HttpStream>>> HttpClient::open_once(HttpRequest request) {
  auto transfer = std::make_unique<HttpTransfer>(state_, std::move(request), true);
  if (auto started = transfer->start(); !started) co_return started.error();
  const Milliseconds patience = state_->options.connect_timeout;
  const bool in_time = co_await transfer->ready(patience);
  if (!in_time) co_return transfer->late(patience).as(Fault::network);
  // A body that broke already is for read() to tell, after what came of it.
  if (transfer->failed() && transfer->response().status == 0) co_return transfer->error();
  std::unique_ptr<HttpStream> stream = std::make_unique<CurlStream>(std::move(transfer));
  co_return stream;
}

}  // namespace rt
