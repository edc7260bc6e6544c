#include "app/compare/measured_client.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "app/compare/ends.hpp"
#include "app/compare/participants.hpp"
#include "base/log.hpp"
#include "io/loop/socket_send.hpp"

namespace rt {
namespace {

constexpr std::uint8_t kStop = 0xff;

// What it is to do.
struct Order {
  std::uint8_t way = kStop;  // ComparedWay; kStop: it is over
  std::uint16_t port = 0;    // of its server
  std::uint32_t number = 0;
  std::int64_t interval = 0;  // nanoseconds from one request to the next
};

// False: there will be none any more.
bool read_order(int orders, Order& order) {
  std::array<char, sizeof(Order)> bytes{};
  std::size_t had = 0;
  while (had < bytes.size()) {
    const ssize_t n = ::read(orders, bytes.data() + had, bytes.size() - had);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      // A loop has waited for it.
      pollfd waiting{orders, POLLIN, 0};
      ::poll(&waiting, 1, -1);
      continue;
    }
    if (n <= 0) return false;
    had += static_cast<std::size_t>(n);
  }
  std::memcpy(&order, bytes.data(), sizeof order);
  return true;
}

// One connection: until the next order has come.
class Stay {
 public:
  Stay(const CompareOptions& options, const Order& order, std::atomic<std::uint64_t>& messages)
      : options_(options), order_(order), messages_(messages), all_(reactor_) {}

  void run(int orders) {
    asio::co_spawn(
        reactor_.executor(), [this, orders] { return live(orders); }, asio::detached);
    if (options_.two_way)
      asio::co_spawn(
          reactor_.executor(), [this] { return ask(); }, asio::detached);
    reactor_.context().run();
  }

 private:
  void take(const Batch& batch) {
    std::uint64_t number = 0;
    for (const MessagePtr& message : batch)
      if (!message->gap) ++number;
    messages_.fetch_add(number, std::memory_order_relaxed);
  }

  asio::awaitable<void> live(int orders) {
    const auto way = static_cast<ComparedWay>(order_.way);
    const Participant::Take taken = [this](const Batch& batch) { take(batch); };
    if (options_.two_way)
      one_ = &all_.add(compared_asker(reactor_, options_, way, order_.port, order_.number),
                       {.read = true, .write = true}, taken);
    else
      all_.add(compared_reader(reactor_, options_, way, order_.port, order_.number),
               {.read = true, .write = false}, taken);
    asio::local::stream_protocol::socket socket(reactor_.executor(), asio::local::stream_protocol(),
                                                ::dup(orders));
    asio::error_code ignored;
    co_await socket.async_wait(asio::socket_base::wait_read,
                               asio::redirect_error(asio::use_awaitable, ignored));
    one_ = nullptr;
    co_await all_.end();
    reactor_.context().stop();
  }

  asio::awaitable<void> ask() {
    asio::steady_timer timer(reactor_.executor());
    const ComparedLoad::Time interval(order_.interval);
    // Not the same again and again: who polls takes that for nothing new.
    for (std::uint32_t number = 0;; ++number) {
      auto message = std::make_shared<Message>();
      message->payload = options_.load.payload(number);
      message->kind = options_.load.kind();
      if (one_ != nullptr) one_->send(std::move(message));
      timer.expires_after(std::min<ComparedLoad::Time>(interval, 10s));
      co_await timer.async_wait(asio::use_awaitable);
    }
  }

  const CompareOptions& options_;
  const Order order_;
  std::atomic<std::uint64_t>& messages_;
  Reactor reactor_;
  Participants all_;
  Participant* one_ = nullptr;
};

// Ends this process when the other one has ended.
[[noreturn]] void obey(int orders, const CompareOptions& options,
                       std::atomic<std::uint64_t>& messages) {
  Log::configure("rtrelay", LogLevel::quiet);
  Order order{};
  while (read_order(orders, order))
    if (order.way != kStop) Stay(options, order, messages).run(orders);
  _exit(0);
}

}  // namespace

Result<MeasuredClient> MeasuredClient::begin(const CompareOptions& options) {
  constexpr std::string_view kWhat = "cannot begin the client to be measured";
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0)
    return system_error(Fault::other, std::string(kWhat), errno);
  for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
  void* const shared =
      mmap(nullptr, sizeof(Counter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  const pid_t process = shared == MAP_FAILED ? -1 : fork();
  if (process < 0) {
    const int failed = errno;
    for (const int end : ends) close(end);
    return system_error(Fault::other, std::string(kWhat), failed);
  }
  auto* const messages = new (shared) Counter(0);
  if (process == 0) {
    close(ends[0]);
    obey(ends[1], options, *messages);
  }
  close(ends[1]);
  return MeasuredClient(process, ends[0], messages);
}

MeasuredClient::MeasuredClient(MeasuredClient&& other) noexcept
    : process_(std::exchange(other.process_, 0)),
      orders_(std::exchange(other.orders_, -1)),
      messages_(std::exchange(other.messages_, nullptr)) {}

MeasuredClient::~MeasuredClient() {
  end();
}

void MeasuredClient::end() {
  if (process_ == 0) return;
  close(orders_);
  kill(process_, SIGKILL);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
  }
  munmap(messages_, sizeof(Counter));
  process_ = 0;
}

// What cannot be said to it shows in what it has: nothing.
static void send_order(int orders, const Order& order) {
  std::array<char, sizeof order> bytes{};
  std::memcpy(bytes.data(), &order, sizeof order);
  const ssize_t ignored = send_quietly(orders, std::string_view(bytes.data(), bytes.size()));
  static_cast<void>(ignored);
}

void MeasuredClient::connect(ComparedWay way, std::uint16_t port, const CompareOptions& options) {
  Order order;
  order.way = static_cast<std::uint8_t>(way);
  order.port = port;
  order.number = static_cast<std::uint32_t>(options.readers);
  order.interval = (options.load.due(1) * static_cast<std::int64_t>(options.readers)).count();
  send_order(orders_, order);
}

void MeasuredClient::disconnect() {
  send_order(orders_, Order());
}
std::uint64_t MeasuredClient::messages() const {
  return messages_->load(std::memory_order_relaxed);
}

}  // namespace rt
