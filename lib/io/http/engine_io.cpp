#include "io/http/engine_io.hpp"

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <exception>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "codec/engine_io.hpp"
#include "io/loop/notifier.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostQueued = 512u << 10;  // received and not yet read
constexpr std::size_t kUsualBody = 100'000;      // bytes that go up together
constexpr std::size_t kWrittenTogether = 1000;   // messages
constexpr std::string_view kClose = "1";         // a packet
constexpr Milliseconds kPatience = 60s;          // where the server says nothing of its pings

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

// One connection. Two coroutines of its own hold it: what waits for packets, and, while there are
// some, what brings them up. abandon() ends both.
class EngineIoClient::Session final : public std::enable_shared_from_this<Session> {
 public:
  Session(Reactor& reactor, std::shared_ptr<HttpClient> client, const EngineIoOptions& options)
      : dialect(make_dialect(options.dialect)),
        changed(reactor.executor()),
        reactor_(reactor),
        client_(std::move(client)),
        url_(options.url),
        channel_(dialect_channel(options.dialect.name)),
        drained_(reactor.executor()) {
    dialect->begin();
  }

  // The first request, which gives the session its name.
  asio::awaitable<Result<void>> open(std::optional<Milliseconds>& wish);
  bool usable() const { return !over_ && !broken && !done; }
  void fail(Error why) {
    if (!broken && !done) broken = std::move(why);
    abandon();
  }
  void abandon() {
    up_.emit(asio::cancellation_type::all);
    stop();
  }
  void look_at_dialect();
  void say_goodbye() {
    dialect->leave();
    look_at_dialect();
    outgoing_.push_back({PayloadKind::text, std::string(kClose)});
    start_bringing_up();
  }
  // Everything that was to be sent has been taken.
  bool idle() const { return outgoing_.empty() && !posting_; }
  // What was to be sent is on its way. Of a session that the server has ended that is the last
  // request, whose answer still tells whether it was taken.
  bool bringing_up() const { return usable() ? !idle() : done && posting_; }
  bool all_taken() const { return idle() && !unanswered_; }
  Batch take();

  std::unique_ptr<Dialect> dialect;
  std::optional<Error> broken;
  bool done = false;               // the server has ended it
  std::uint64_t acknowledged = 0;  // that write() has taken note of
  Notifier changed;

 private:
  void stop() {
    if (std::exchange(over_, true)) return;
    down_.emit(asio::cancellation_type::all);
    changed.notify_all();
    drained_.notify_all();
  }
  void take_body(std::string_view body);
  asio::awaitable<void> listen();
  asio::awaitable<void> bring_up();
  void start_bringing_up();
  // Takes what goes up next into the request.
  void fill_body(HttpRequest& request);

  Reactor& reactor_;
  std::shared_ptr<HttpClient> client_;
  std::string url_;
  std::string channel_;
  asio::cancellation_signal down_;
  asio::cancellation_signal up_;
  std::vector<DialectFrame> outgoing_;
  std::size_t most_body_ = kUsualBody;
  bool posting_ = false;
  bool unanswered_ = false;
  bool named_ = false;
  bool over_ = false;
  Batch queue_;
  std::size_t queued_ = 0;
  Notifier drained_;
};

asio::awaitable<Result<void>> EngineIoClient::Session::open(std::optional<Milliseconds>& wish) {
  const auto self = shared_from_this();
  HttpRequest request;
  request.url = url_;
  auto response = co_await client_->request(std::move(request));
  if (!response) {
    if (response.error().fault() != Fault::timeout) co_return response.error();
    co_return response.error().as(Fault::network);
  }
  if (response->status != 200) {
    wish = rt::retry_after(*response, wall_now());
    co_return status_error(*response);
  }
  std::string_view body = response->body;
  const auto opening = read_engine_io_opening(body.substr(0, body.find('\x1e')));
  if (!opening)
    co_return Error(Fault::protocol,
                    "the server's answer is no opening of Engine.IO: " + printable(body, 200))
        .with_hint("is the path right?")
        .as_fatal();
  url_ = with_query(url_, "sid=" + percent_encode(opening->session));
  if (opening->most > 0) most_body_ = std::min(kUsualBody, opening->most);
  named_ = true;
  take_body(body);
  if (usable())
    asio::co_spawn(
        reactor_.executor(), listen(),
        asio::bind_cancellation_slot(down_.slot(), [self](const std::exception_ptr&) {}));
  if (broken) co_return *broken;
  co_return Result<void>();
}

void EngineIoClient::Session::take_body(std::string_view body) {
  while (!body.empty() && usable()) {
    auto packet = take_engine_io_packet(body);
    if (!packet) return fail(Error(Fault::protocol, "the server's packet is no base64").as_fatal());
    dialect->receive(packet->kind, std::move(packet->payload));
    look_at_dialect();
  }
}

void EngineIoClient::Session::look_at_dialect() {
  for (DialectFrame& frame : dialect->take_frames()) outgoing_.push_back(std::move(frame));
  for (Message& message : dialect->take_messages()) {
    message.channel = channel_;
    message.time = wall_now();
    queued_ += message.payload.size() + sizeof(Message);
    queue_.push_back(std::make_shared<Message>(std::move(message)));
  }
  changed.notify_all();
  if (dialect->fault()) return fail(*dialect->fault());
  if (dialect->state() == Dialect::State::ended) {
    done = true;
    return stop();
  }
  start_bringing_up();
}

Batch EngineIoClient::Session::take() {
  queued_ = 0;
  drained_.notify_all();
  return std::exchange(queue_, {});
}

// Silence for longer than the server's own pings means that nobody is there.
asio::awaitable<void> EngineIoClient::Session::listen() {
  const auto self = shared_from_this();
  while (usable()) {
    while (queued_ > kMostQueued && usable()) co_await drained_.wait();
    if (!usable()) co_return;
    HttpRequest request;
    request.url = url_;
    request.held = dialect->patience() > 0ms ? dialect->patience() : kPatience;
    auto response = co_await client_->request(std::move(request));
    if (!usable()) co_return;
    if (!response) {
      const bool silent = response.error().fault() == Fault::timeout;
      co_return fail(silent ? response.error().as(Fault::network) : response.error());
    }
    if (response->status != 200)
      co_return fail(
          Error(Fault::network, "the session is lost: " + status_error(*response).text()));
    take_body(response->body);
  }
}

void EngineIoClient::Session::start_bringing_up() {
  if (posting_ || outgoing_.empty() || !named_ || !usable()) return;
  posting_ = true;
  asio::co_spawn(reactor_.executor(), bring_up(),
                 asio::bind_cancellation_slot(
                     up_.slot(), [self = shared_from_this()](const std::exception_ptr&) {
                       self->posting_ = false;
                       // What came to be sent when the last request had just been answered.
                       self->start_bringing_up();
                       self->changed.notify_all();
                     }));
}

// As many packets as the server takes at a time; one that is longer is its to refuse.
void EngineIoClient::Session::fill_body(HttpRequest& request) {
  std::string& body = request.body;
  std::size_t count = 0;
  for (const DialectFrame& frame : outgoing_) {
    const std::size_t before = body.size();
    append_engine_io_packet(body, frame);
    if (body.size() > most_body_ && count > 0) {
      body.resize(before);
      break;
    }
    request.secret = request.secret || frame.secret;
    ++count;
  }
  outgoing_.erase(outgoing_.begin(), outgoing_.begin() + static_cast<std::ptrdiff_t>(count));
}

asio::awaitable<void> EngineIoClient::Session::bring_up() {
  const auto self = shared_from_this();
  while (!outgoing_.empty() && usable()) {
    HttpRequest request;
    request.method = "POST";
    request.url = url_;
    request.headers.emplace_back("Content-Type", "text/plain;charset=UTF-8");
    fill_body(request);
    unanswered_ = true;
    auto response = co_await client_->request(std::move(request));
    unanswered_ = !response || response->status != 200;
    if (!response) co_return fail(response.error().as(Fault::network));
    if (response->status != 200) {
      const Error why = status_error(*response);
      co_return fail(response->status == 413 ? why : Error(Fault::network, why.text()));
    }
  }
}

// --- the front -----------------------------------------------------------------------------------

EngineIoClient::EngineIoClient(Reactor& reactor, HttpOptions http, EngineIoOptions options)
    : reactor_(reactor),
      options_(std::move(options)),
      connect_timeout_(http.connect_timeout),
      client_(std::make_shared<HttpClient>(reactor, std::move(http))) {}

EngineIoClient::~EngineIoClient() {
  if (session_) session_->abandon();
}

asio::awaitable<Result<void>> EngineIoClient::connect() {
  if (session_) session_->abandon();
  retry_after_.reset();
  const auto session = session_ = std::make_shared<Session>(reactor_, client_, options_);
  const SteadyTime deadline = now() + connect_timeout_;
  Result<void> opened = co_await session->open(retry_after_);
  while (opened && session->usable() && session->dialect->state() == Dialect::State::opening) {
    const bool in_time = co_await session->changed.wait_until(deadline);
    if (!in_time && now() >= deadline)
      opened = Error(Fault::network, "the server has not let us join within " +
                                         seconds_text(connect_timeout_.count()) +
                                         " (--connect-timeout)");
  }
  if (opened && session->broken) opened = *session->broken;
  if (!opened) session->abandon();
  co_return opened;
}

bool EngineIoClient::connected() const {
  return session_ && session_->usable() && session_->dialect->state() == Dialect::State::joined;
}

asio::awaitable<Result<Batch>> EngineIoClient::read() {
  const auto session = session_;
  if (!session) co_return Error(Fault::network, "not connected");
  for (;;) {
    Batch batch = session->take();
    if (!batch.empty()) co_return batch;
    if (session->broken) co_return *session->broken;
    // Whoever writes comes to know what was taken before the end is told.
    if (!session->usable() && !session->bringing_up()) co_return Batch();
    co_await session->changed.wait();
  }
}

// Waits until the server has acknowledged the first so many of the rest, and takes off what it has.
asio::awaitable<void> EngineIoClient::acknowledged(Session& session, std::size_t count,
                                                   Messages& rest) {
  const SteadyTime sent_at = now();
  for (std::size_t taken = 0; taken < count;) {
    const std::uint64_t all = session.dialect->acknowledged();
    const auto more = static_cast<std::size_t>(all - std::exchange(session.acknowledged, all));
    if (more > 0 && options_.round_trips) options_.round_trips->add(sent_at, now());
    taken += more;
    rest = rest.subspan(more);
    if (more > 0) continue;
    if (!session.usable()) co_return;
    co_await session.changed.wait();
  }
}

asio::awaitable<Result<void>> EngineIoClient::write(Messages& rest) {
  const auto session = session_;
  if (!session) co_return Error(Fault::network, "not connected");
  while (!rest.empty()) {
    std::size_t count = 0;
    Result<void> fits;
    while (count < rest.size() && count < kWrittenTogether && session->usable()) {
      fits = session->dialect->send(*rest[count], true);
      if (!fits) break;
      ++count;
    }
    session->look_at_dialect();
    while (session->bringing_up()) co_await session->changed.wait();
    if (session->dialect->acknowledges()) {
      co_await acknowledged(*session, count, rest);
      if (session->broken) co_return *session->broken;
      if (rest.empty() || session->usable()) {
        if (!fits) co_return fits;
        continue;
      }
      co_return Error(Fault::closed, "the server has ended the connection");
    }
    if (session->broken) co_return *session->broken;
    if (!session->usable() && (count == 0 || !session->all_taken()))
      co_return Error(Fault::closed, "the server has ended the connection");
    rest = rest.subspan(count);
    if (!fits) co_return fits;
  }
  co_return Result<void>();
}

asio::awaitable<void> EngineIoClient::close(Milliseconds most) {
  const auto session = session_;
  if (!session || !session->usable()) co_return;
  const SteadyTime deadline = now() + most;
  session->say_goodbye();
  while (session->usable() && !session->idle() && now() < deadline)
    co_await session->changed.wait_until(deadline);
  session->abandon();
}

void EngineIoClient::break_off(Error why) {
  if (session_) session_->fail(std::move(why));
}

bool EngineIoClient::ended_in_good_order() const {
  return session_ && session_->done;
}

}  // namespace rt
