#include "app/exec_connection.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <exception>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/ws_frame.hpp"
#include "io/stdio/frame_writer.hpp"

namespace rt {
namespace {

// Of one command, before others have their turn: its lines may be very short.
constexpr auto kTurnTime = std::chrono::microseconds(500);
constexpr std::size_t kSlice = 4u << 10;  // bytes of its output between two looks at the clock
constexpr std::size_t kMostTogether = 16u << 10;  // bytes of frames in one write
constexpr std::size_t kMostWaiting = 256u << 10;  // bytes for a command before reading stops

void rethrow(const std::exception_ptr& thrown) {
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace

// One command, and its connection for as long as that lasts.
struct ExecConnection::Command {
  explicit Command(std::shared_ptr<ExecCommands> commands)
      : all(std::move(commands)),
        child(all->reactor),
        decoder(all->command.framing),
        encoder(all->command.framing, Transport::ws, "exec"),
        fed(all->reactor.executor()),
        writable(all->reactor.executor()) {
    ++all->running;
  }
  ~Command() {
    --all->running;
    all->ended.notify_all();
  }
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  void close(std::uint16_t code, std::string_view reason) {
    closing = true;
    fed.notify_all();
    if (socket != nullptr) socket->close(code, reason);
  }

  const std::shared_ptr<ExecCommands> all;
  ChildProcess child;
  FrameDecoder decoder;
  FrameWriter encoder;
  std::string channel;
  WebSocket* socket = nullptr;  // null: not yet, or no more
  bool closing = false;
  bool gone = false;
  bool paused = false;
  bool deaf = false;  // it has closed its stdin
  std::string waiting;
  Notifier fed;
  Notifier writable;
};

// What has come goes to its stdin; while it does not read, neither do we.
asio::awaitable<void> ExecConnection::feed(CommandPtr command) {
  for (;;) {
    while (command->waiting.empty() && !command->closing && !command->gone)
      co_await command->fed.wait();
    if (command->closing || command->gone) co_return;
    const std::string bytes = std::exchange(command->waiting, {});
    const Result<void> written = co_await command->child.write(bytes);
    if (!written) command->deaf = true;
    if (command->socket != nullptr && std::exchange(command->paused, false))
      command->socket->pause_reading(false);
    if (!written) co_return;
  }
}

asio::awaitable<bool> ExecConnection::send(CommandPtr command, Batch batch) {
  std::string frames;
  for (const MessagePtr& message : batch) {
    const SendAs as = command->all->command.send_as;
    const bool may_be_text = message->kind == PayloadKind::text || valid_utf8(message->payload);
    const bool text = as == SendAs::by_content ? message->kind == PayloadKind::text
                                               : as == SendAs::text && may_be_text;
    ws::append_message(frames, text ? ws::Opcode::text : ws::Opcode::binary, message->payload);
    if (frames.size() < kMostTogether && &message != &batch.back()) continue;
    while (!command->gone && !command->closing && !command->socket->write(frames))
      co_await command->writable.wait();
    if (command->gone || command->closing) co_return false;
    frames.clear();
  }
  co_return true;
}

asio::awaitable<bool> ExecConnection::pass_on(CommandPtr command, std::string_view bytes,
                                              Result<void>& decoded) {
  // What has no boundaries is a message as it comes.
  const bool raw = command->all->command.framing.kind == FramingKind::raw;
  const std::size_t slice = raw ? bytes.size() : kSlice;
  SteadyTime end = std::chrono::steady_clock::now() + kTurnTime;
  while (!bytes.empty() && decoded) {
    Batch batch;
    decoded = command->decoder.receive(bytes.substr(0, slice), batch);
    bytes.remove_prefix(std::min(bytes.size(), slice));
    if (!co_await send(command, std::move(batch))) co_return false;
    if (std::chrono::steady_clock::now() < end) continue;
    co_await asio::post(command->all->reactor.context(), asio::use_awaitable);
    end = std::chrono::steady_clock::now() + kTurnTime;
  }
  co_return true;
}

// What it writes is sent; while the peer does not take it, it is not read.
asio::awaitable<void> ExecConnection::listen_to(CommandPtr command) {
  for (bool more = true; more && !command->gone;) {
    const Result<std::string> bytes = co_await command->child.read_output();
    more = bytes && !bytes->empty();
    Result<void> decoded;
    bool open = true;
    if (more) {
      open = co_await pass_on(command, *bytes, decoded);
    } else {
      Batch batch;
      decoded = command->decoder.finish(batch);
      open = co_await send(command, std::move(batch));
    }
    if (!open) break;
    // Others get a turn between two reads.
    if (decoded) co_await asio::post(command->all->reactor.context(), asio::use_awaitable);
    if (decoded) continue;
    Log::warn("exec: " + decoded.error().text());
    command->close(1011, "the command's output cannot be sent");
    break;
  }
  if (command->closing || command->gone) command->child.end();
  const int status = co_await command->child.wait();
  if (status != 0 && !command->gone) Log::warn("exec: " + describe_exit(status));
  if (!command->closing && !command->gone)
    command->close(status == 0 ? 1000 : 1011, status == 0 ? "" : "the command has failed");
}

ExecConnection::ExecConnection(CommandPtr command) : command_(std::move(command)) {
  command_->all->connections.insert(this);
}

ExecConnection::~ExecConnection() {
  command_->all->connections.erase(this);
}

Result<std::unique_ptr<ExecConnection>> ExecConnection::start(
    const std::shared_ptr<ExecCommands>& commands, std::string channel,
    std::vector<std::pair<std::string, std::string>> environment) {
  const auto command = std::make_shared<Command>(commands);
  command->channel = std::move(channel);
  ChildOptions child;
  child.arguments = commands->command.words;
  child.pipe_input = child.pipe_output = true;
  child.environment = std::move(environment);
  if (const Result<void> started = command->child.start(std::move(child)); !started)
    return started.error();
  return std::unique_ptr<ExecConnection>(new ExecConnection(command));
}

void ExecConnection::on_open(WebSocket& socket) {
  command_->socket = &socket;
  asio::co_spawn(command_->all->reactor.context(), feed(command_), rethrow);
  asio::co_spawn(command_->all->reactor.context(), listen_to(command_), rethrow);
}

void ExecConnection::on_message(PayloadKind kind, ws::Payload payload) {
  if (command_->closing || command_->deaf) return;
  Message message;
  message.payload = payload.take();
  message.kind = kind;
  message.channel = command_->channel;
  command_->encoder.append(command_->waiting, message);
  command_->fed.notify_all();
  if (command_->waiting.size() < kMostWaiting || command_->paused) return;
  command_->paused = true;
  command_->socket->pause_reading(true);
}

void ExecConnection::on_writable() {
  command_->writable.notify_all();
}

void ExecConnection::end_command() {
  command_->child.end();
}

void ExecConnection::on_gone() {
  command_->gone = true;
  command_->socket = nullptr;
  command_->child.end();
  command_->fed.notify_all();
  command_->writable.notify_all();
  delete this;
}

}  // namespace rt
