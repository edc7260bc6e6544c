#include "app/compare/server.hpp"

#include <csignal>
#include <utility>

#include "base/text.hpp"

namespace rt {

asio::awaitable<Result<void>> ComparedServer::start_hub(std::string program) {
  ChildOptions child;
  child.arguments = {std::move(program),
                     "serve",
                     "--quiet",
                     "--config",
                     "",
                     "--history",
                     "1000000",
                     "--history-bytes",
                     "256MiB",
                     "--memory",
                     "1GiB",
                     "--max-connections",
                     "50000",
                     "127.0.0.1:0"};
  child.pipe_errors = true;
  const Result<void> started = hub_.start(std::move(child));
  if (!started) co_return started;
  constexpr std::string_view kReady = "listening http://127.0.0.1:";
  std::string said;
  for (;;) {
    const Result<std::string> more = co_await hub_.read_errors();
    if (!more) co_return more.error();
    if (more->empty())
      co_return Error(Fault::other, "the hub to be measured ended: " + printable(trim(said), 300));
    said += *more;
    const std::size_t at = said.find(kReady);
    if (at == std::string::npos || said.find('\n', at) == std::string::npos) continue;
    const std::string_view rest = std::string_view(said).substr(at + kReady.size());
    const auto port = parse_uint(rest.substr(0, rest.find_first_not_of("0123456789")));
    if (!port) continue;
    port_ = static_cast<std::uint16_t>(*port);
    co_return Result<void>();
  }
}

asio::awaitable<Result<void>> ComparedServer::start_broker() {
  BrokerOptions options;
  options.address.port = 0;
  broker_.emplace(reactor_, options);
  Result<void> started = co_await broker_->start();
  if (started) port_ = broker_->port();
  co_return started;
}

pid_t ComparedServer::process() const {
  return broker_ ? broker_->process() : hub_.process();
}

asio::awaitable<void> ComparedServer::stop() {
  if (broker_) {
    co_await broker_->stop();
    co_return;
  }
  if (!hub_.running()) co_return;
  hub_.signal(SIGKILL);
  co_await hub_.wait();
}

}  // namespace rt
