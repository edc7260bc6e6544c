#include "app/serve.hpp"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/post.hpp>

#include "base/log.hpp"
#include "base/random.hpp"
#include "io/deadlines.hpp"
#include "io/stdio.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostPending = 4u << 20;  // bytes for stdout before publishers have to wait
constexpr std::size_t kPendingAgain = 1u << 20;
constexpr Milliseconds kDrainTime = 3s;

// A hub with its front ends and its two ends on stdio.
class Server {
 public:
  Server(Reactor& reactor, Shutdown& shutdown, ServeOptions options)
      : reactor_(reactor),
        shutdown_(shutdown),
        options_(std::move(options)),
        deadlines_(reactor),
        hub_(options_.limits, Random::from_system().next() & 0xFF'FFFF'FFFF),
        service_(reactor, deadlines_, hub_, options_.service),
        websockets_(reactor, deadlines_, options_.websocket),
        front_(reactor, deadlines_, websockets_, service_, options_.front),
        input_(reactor),
        output_(reactor, options_.output_fd, options_.output_name),
        encoder_(options_.framing, options_.transport),
        input_done_(reactor.executor()) {}

  asio::awaitable<Result<void>> run() {
    const Result<std::uint16_t> port = front_.listen(options_.address);
    if (!port) co_return port.error();
    if (options_.use_stdio) connect_stdio();
    announce(*port);
    co_await shutdown_.wait();
    service_.pause_publishers(false);
    front_.drain();
    service_.drain();
    websockets_.drain();
    co_await drained();
    // A stdin that is read no more must not call into what is about to go.
    stopping_ = true;
    if (failed_) co_return *failed_;
    co_return co_await finish_output();
  }

 private:
  void announce(std::uint16_t port) {
    const ListenAddress& address = options_.address;
    std::string host = address.host == "*" ? "0.0.0.0" : address.host;
    if (host.find(':') != std::string::npos) host = "[" + host + "]";
    Log::ready("listening " + options_.scheme + "://" + host + ":" + std::to_string(port) +
               (address.channel.empty() ? "/" : address.channel));
  }

  void connect_stdio() {
    service_.on_publication([this](const MessagePtr& message) { print(*message); });
    output_.on_progress([this] { on_output_progress(); });
    if (!options_.read_stdin) return;
    asio::co_spawn(reactor_.context(), publish_input(),
                   [this](const std::exception_ptr&) { input_done_.notify_all(); });
  }

  void print(const Message& message) {
    encoder_.append(printed_, message);
    if (printed_.size() >= (64u << 10)) return flush_printed();
    if (flush_posted_) return;
    flush_posted_ = true;
    asio::post(reactor_.context(), [this] {
      flush_posted_ = false;
      flush_printed();
    });
  }

  void flush_printed() {
    if (printed_.empty()) return;
    output_.write(std::exchange(printed_, {}));
    if (output_.pending() > kMostPending) service_.pause_publishers(true);
  }

  void on_output_progress() {
    if (output_.closed() || !output_.status()) {
      if (!output_.status()) failed_ = output_.status().error();
      return shutdown_.request();
    }
    if (output_.pending() <= kPendingAgain) service_.pause_publishers(false);
  }

  asio::awaitable<void> publish_input() {
    FrameDecoder decoder(options_.framing);
    const std::string channel = options_.address.channel.empty() ? "/" : options_.address.channel;
    bool more = true;
    while (more && !stopping_) {
      Result<std::string> bytes = co_await input_.read();
      if (stopping_) co_return;
      if (!bytes) co_return end_input(bytes.error());
      more = !bytes->empty();
      Batch batch;
      const Result<void> decoded = more ? decoder.receive(*bytes, batch) : decoder.finish(batch);
      for (const MessagePtr& message : batch) {
        const Result<MessageId> id = service_.publish(channel, *message);
        if (!id) co_return end_input(id.error());
      }
      if (!decoded) co_return end_input(decoded.error().within("stdin"));
      // Others get a turn between two chunks.
      co_await asio::post(reactor_.context(), asio::use_awaitable);
    }
    if (options_.exit_on_eof) shutdown_.request();
  }

  // The clients are not to suffer from a bad line here: the server goes on without stdin, and tells
  // the error again by its exit code.
  void end_input(const Error& error) {
    if (options_.exit_on_eof) {
      failed_ = error;
      return shutdown_.request();
    }
    Log::error(error.text() + " (nothing more is read from stdin)");
    if (error.fault() == Fault::usage) failed_ = error;
  }

  // What is under way gets a short time.
  asio::awaitable<void> drained() {
    const SteadyTime deadline = std::chrono::steady_clock::now() + kDrainTime;
    while ((front_.connections() > 0 || websockets_.connections() > 0) &&
           std::chrono::steady_clock::now() < deadline) {
      asio::steady_timer pause(reactor_.context(), 10ms);
      co_await pause.async_wait(asio::use_awaitable);
    }
  }

  asio::awaitable<Result<void>> finish_output() {
    flush_printed();
    // A reader that has stalled is not waited for.
    const SteadyTime deadline = std::chrono::steady_clock::now() + kDrainTime;
    while (output_.pending() > 0 && output_.status() && !output_.closed() &&
           std::chrono::steady_clock::now() < deadline) {
      asio::steady_timer pause(reactor_.context(), 10ms);
      co_await pause.async_wait(asio::use_awaitable);
    }
    co_return output_.status();
  }

  Reactor& reactor_;
  Shutdown& shutdown_;
  ServeOptions options_;
  Deadlines deadlines_;
  Hub hub_;
  HubService service_;
  WsServer websockets_;
  HttpFront front_;
  InputReader input_;
  OutputWriter output_;
  FrameEncoder encoder_;
  Notifier input_done_;
  std::string printed_;
  std::optional<Error> failed_;
  bool flush_posted_ = false;
  bool stopping_ = false;
};

}  // namespace

asio::awaitable<Result<void>> serve(Reactor& reactor, Shutdown& shutdown, ServeOptions options) {
  // On the heap: what is posted to the loop may refer to it until the loop has stopped.
  const auto server = std::make_unique<Server>(reactor, shutdown, std::move(options));
  Result<void> result = co_await server->run();
  co_return result;
}

}  // namespace rt
