#include "io/net/impaired_proxy.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/write.hpp>
#include <deque>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

#include "engine/link_timing.hpp"

namespace rt {
namespace {

using Tcp = asio::ip::tcp;

SteadyTime now() {
  return std::chrono::steady_clock::now();
}

asio::awaitable<void> until(asio::steady_timer& timer, SteadyTime time) {
  timer.expires_at(time);
  asio::error_code ignored;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

// With a reset instead of an orderly end.
void abandon(Tcp::socket& socket) {
  asio::error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

constexpr std::chrono::milliseconds kDelayedAck{40};
constexpr std::size_t kPacket = 1448;  // of Ethernet's 1,500 bytes, with TCP's time stamps

bool begins_request(std::string_view bytes) {
  constexpr std::string_view kMethods[] = {"GET ", "POST ", "PUT ", "HEAD ", "DELETE ", "OPTIONS "};
  return std::any_of(std::begin(kMethods), std::end(kMethods),
                     [&](std::string_view method) { return bytes.starts_with(method); });
}

enum class Kind : std::uint8_t { bytes, end, failure };

struct Piece {
  Kind kind;
  std::string bytes;
  SteadyTime due;
};

// What is under way from one socket to another.
struct Flow {
  Flow(Reactor& reactor, std::chrono::microseconds delay, std::chrono::microseconds jitter,
       std::uint64_t rate)
      : timing(delay, jitter, rate), reading(reactor.executor()), writing(reactor.executor()) {}

  bool full() const { return held >= timing.room(); }
  void add(Kind kind, std::string_view bytes, SteadyTime due) {
    pieces.push_back({kind, std::string(bytes), due});
    held += bytes.size() + sizeof(Piece);
    if (pieces.size() == 1) writing.cancel();
  }
  void drop_first() {
    const bool was_full = full();
    held -= pieces.front().bytes.size() + sizeof(Piece);
    pieces.pop_front();
    if (was_full && !full()) reading.cancel();
  }

  LinkTiming timing;
  std::deque<Piece> pieces;
  std::size_t held = 0;
  // When what nobody has acknowledged yet gets there.
  std::optional<SteadyTime> unacknowledged;
  asio::steady_timer reading;  // waits for room
  asio::steady_timer writing;  // waits for a piece, and until it is due
};

}  // namespace

// Outlives the proxy as long as one of its coroutines has not noticed that it is gone.
struct ImpairedProxy::State : std::enable_shared_from_this<State> {
  State(Reactor& r, Options o)
      : reactor(r),
        options(std::move(o)),
        random(options.seed),
        acceptor(r.executor()),
        pause(r.executor()) {}

  Result<void> listen();
  void begin_accepting();
  asio::awaitable<void> accept();
  void end_all();
  void stop_listening();

  Reactor& reactor;
  Options options;
  Random random;
  Tcp::acceptor acceptor;
  int accepting = 0;         // counts the times that it began or ended
  asio::steady_timer pause;  // of a cut
  Tcp::endpoint address{asio::ip::address_v4::loopback(), 0};
  Counts counts;
  SteadyTime stalled_until{};
  std::set<Connection*> connections;
};

struct ImpairedProxy::Connection : std::enable_shared_from_this<Connection> {
  Connection(std::shared_ptr<State> s, Tcp::socket from)
      : state(std::move(s)),
        client(std::move(from)),
        server(state->reactor.executor()),
        up(state->reactor, half(state->options.network.rtt), half(state->options.network.jitter),
           state->options.network.up),
        down(state->reactor, half(state->options.network.rtt), half(state->options.network.jitter),
             state->options.network.down) {
    state->connections.insert(this);
  }
  ~Connection() { state->connections.erase(this); }

  static std::chrono::microseconds half(std::chrono::microseconds time) { return time / 2; }

  // Both sides get a reset.
  void fail() {
    closed = true;
    abandon(client);
    abandon(server);
    wake();
  }
  void wake() {
    for (Flow* flow : {&up, &down}) {
      flow->reading.cancel();
      flow->writing.cancel();
    }
  }

  static asio::awaitable<void> run(std::shared_ptr<Connection> self);
  static asio::awaitable<void> read(std::shared_ptr<Connection> self, Tcp::socket& from, Flow& flow,
                                    Direction& count);
  static asio::awaitable<void> write(std::shared_ptr<Connection> self, Tcp::socket& to, Flow& flow);
  bool take(Tcp::socket& from, Flow& flow, Direction& count);
  void count_write(std::string_view bytes, SteadyTime time, Flow& flow, Direction& count);

  const std::shared_ptr<State> state;
  Tcp::socket client;
  Tcp::socket server;
  Flow up;
  Flow down;
  bool closed = false;
  int ended = 0;  // directions
};

// What can be read now. False when there will be no more.
bool ImpairedProxy::Connection::take(Tcp::socket& from, Flow& flow, Direction& count) {
  const auto scratch = state->reactor.scratch().first(64u << 10);
  asio::error_code failed;
  const std::size_t size = from.read_some(asio::buffer(scratch.data(), scratch.size()), failed);
  if (failed == asio::error::would_block || failed == asio::error::try_again) return true;
  const SteadyTime time = now();
  if (failed) {
    const Kind kind = failed == asio::error::eof ? Kind::end : Kind::failure;
    flow.add(kind, {}, flow.timing.arrival(time, 0, state->random));
    return false;
  }
  std::string_view rest(scratch.data(), size);
  count_write(rest, time, flow, count);
  while (!rest.empty()) {
    const std::string_view bytes = rest.substr(0, flow.timing.most_at_once());
    flow.add(Kind::bytes, bytes, flow.timing.arrival(time, bytes.size(), state->random));
    rest.remove_prefix(bytes.size());
  }
  // Each second whole packet is acknowledged at once.
  if (size % (2 * kPacket) != 0)
    flow.unacknowledged = flow.unacknowledged.value_or(flow.timing.last_arrival());
  return true;
}

// A write says by the way what has come from the other side; else that is said 40 ms later.
void ImpairedProxy::Connection::count_write(std::string_view bytes, SteadyTime time, Flow& flow,
                                            Direction& count) {
  Flow& other = &flow == &up ? down : up;
  Direction& back = &flow == &up ? state->counts.down : state->counts.up;
  count.bytes += bytes.size();
  ++count.writes;
  count.packets += (bytes.size() + kPacket - 1) / kPacket;
  back.acknowledgements += bytes.size() / (2 * kPacket);
  if (begins_request(bytes)) ++count.requests;
  if (other.unacknowledged && *other.unacknowledged <= time) {
    if (time - *other.unacknowledged >= kDelayedAck) ++count.acknowledgements;
    other.unacknowledged.reset();
  }
  if (flow.unacknowledged && time - *flow.unacknowledged >= kDelayedAck) {
    ++back.acknowledgements;
    flow.unacknowledged.reset();
  }
}

asio::awaitable<void> ImpairedProxy::Connection::read(std::shared_ptr<Connection> self,
                                                      Tcp::socket& from, Flow& flow,
                                                      Direction& count) {
  while (!self->closed) {
    if (flow.full()) {
      co_await until(flow.reading, SteadyTime::max());
      continue;
    }
    asio::error_code failed;
    co_await from.async_wait(Tcp::socket::wait_read,
                             asio::redirect_error(asio::use_awaitable, failed));
    if (self->closed || !self->take(from, flow, count)) co_return;
  }
}

asio::awaitable<void> ImpairedProxy::Connection::write(std::shared_ptr<Connection> self,
                                                       Tcp::socket& to, Flow& flow) {
  while (!self->closed) {
    if (flow.pieces.empty()) {
      co_await until(flow.writing, SteadyTime::max());
      continue;
    }
    const Piece& piece = flow.pieces.front();
    const SteadyTime due = std::max(piece.due, self->state->stalled_until);
    if (due > now()) {
      co_await until(flow.writing, due);
      continue;
    }
    if (piece.kind == Kind::failure) co_return self->fail();
    asio::error_code failed;
    if (piece.kind == Kind::end) {
      to.shutdown(Tcp::socket::shutdown_send, failed);
      flow.drop_first();
      if (++self->ended == 2) self->closed = true;
      co_return;
    }
    co_await asio::async_write(to, asio::buffer(piece.bytes),
                               asio::redirect_error(asio::use_awaitable, failed));
    if (self->closed) co_return;
    if (failed) co_return self->fail();
    flow.drop_first();
  }
}

asio::awaitable<void> ImpairedProxy::Connection::run(std::shared_ptr<Connection> self) {
  const SteadyTime begin = now();
  const Options& options = self->state->options;
  asio::error_code failed;
  const auto address = asio::ip::make_address(options.host, failed);
  if (!failed)
    co_await self->server.async_connect(Tcp::endpoint(address, options.port),
                                        asio::redirect_error(asio::use_awaitable, failed));
  if (self->closed) co_return;
  if (failed) co_return self->fail();
  for (Tcp::socket* socket : {&self->client, &self->server}) {
    socket->set_option(Tcp::no_delay(true), failed);
    socket->non_blocking(true, failed);
  }
  if (options.network.rtt.count() > 0)
    co_await until(self->up.reading, begin + options.network.rtt);
  if (self->closed) co_return;
  const asio::any_io_executor executor = self->state->reactor.executor();
  Counts& counts = self->state->counts;
  asio::co_spawn(executor, read(self, self->client, self->up, counts.up), asio::detached);
  asio::co_spawn(executor, write(self, self->server, self->up), asio::detached);
  asio::co_spawn(executor, read(self, self->server, self->down, counts.down), asio::detached);
  asio::co_spawn(executor, write(self, self->client, self->down), asio::detached);
}

// A port that is bound and does not listen refuses, and nobody else gets it.
Result<void> ImpairedProxy::State::listen() {
  asio::error_code failed;
  acceptor.open(Tcp::v4(), failed);
  if (!failed) acceptor.set_option(Tcp::acceptor::reuse_address(true), failed);
  if (!failed) acceptor.bind(address, failed);
  if (!failed) address = acceptor.local_endpoint(failed);
  if (failed) return system_error(Fault::network, "cannot open a proxy's port", failed.value());
  return {};
}

void ImpairedProxy::State::begin_accepting() {
  asio::error_code failed;
  acceptor.listen(asio::socket_base::max_listen_connections, failed);
  if (failed) return;
  asio::co_spawn(
      reactor.executor(), [self = shared_from_this()] { return self->accept(); }, asio::detached);
}

asio::awaitable<void> ImpairedProxy::State::accept() {
  const auto self = shared_from_this();
  const int mine = ++accepting;
  asio::steady_timer rest(reactor.executor());
  while (true) {
    Tcp::socket socket(reactor.executor());
    asio::error_code failed;
    co_await acceptor.async_accept(socket, asio::redirect_error(asio::use_awaitable, failed));
    if (mine != accepting) co_return;
    if (failed) {
      // No descriptor is left; one may be soon.
      co_await until(rest, now() + 50ms);
      if (mine != accepting) co_return;
      continue;
    }
    ++counts.connections;
    auto connection = std::make_shared<Connection>(self, std::move(socket));
    asio::co_spawn(reactor.executor(), Connection::run(std::move(connection)), asio::detached);
  }
}

void ImpairedProxy::State::stop_listening() {
  ++accepting;
  asio::error_code ignored;
  acceptor.close(ignored);
}

void ImpairedProxy::State::end_all() {
  for (Connection* connection : std::set<Connection*>(connections)) connection->fail();
}

ImpairedProxy::Direction ImpairedProxy::Direction::since(const Direction& then) const {
  return {bytes - then.bytes, writes - then.writes, requests - then.requests,
          packets - then.packets, acknowledgements - then.acknowledgements};
}

ImpairedProxy::ImpairedProxy(Reactor& reactor, Options options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}

ImpairedProxy::~ImpairedProxy() {
  state_->stop_listening();
  state_->pause.cancel();
  state_->end_all();
}

Result<void> ImpairedProxy::open() {
  Result<void> bound = state_->listen();
  if (bound) state_->begin_accepting();
  return bound;
}

std::uint16_t ImpairedProxy::port() const {
  return state_->address.port();
}
const ImpairedProxy::Counts& ImpairedProxy::counts() const {
  return state_->counts;
}
std::size_t ImpairedProxy::connections_now() const {
  return state_->connections.size();
}

void ImpairedProxy::reset() {
  state_->end_all();
}

void ImpairedProxy::cut(Milliseconds time) {
  state_->stop_listening();
  state_->end_all();
  if (!state_->listen()) return;
  state_->pause.expires_after(time);
  state_->pause.async_wait([state = state_](asio::error_code failed) {
    if (!failed && state->acceptor.is_open()) state->begin_accepting();
  });
}

void ImpairedProxy::stall(Milliseconds time) {
  state_->stalled_until = std::max(state_->stalled_until, now() + time);
}

}  // namespace rt
