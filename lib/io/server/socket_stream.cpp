#include "io/server/socket_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "io/loop/socket_send.hpp"
#include "io/trace/access_log.hpp"

namespace rt {
namespace {

bool would_wait(int failed) {
  return failed == EAGAIN || failed == EWOULDBLOCK || failed == EINTR;
}

}  // namespace

SocketStream::~SocketStream() {
  if (client_ != nullptr) poller_.remove(fd_.get(), *this);
}

bool SocketStream::start(ByteStream::Client& client) {
  if (!poller_.add(fd_.get(), *this)) return false;
  client_ = &client;
  return true;
}

ByteStream::Received SocketStream::receive(std::span<char> into) {
  const ssize_t received = ::recv(fd_.get(), into.data(), into.size(), 0);
  if (received < 0 && would_wait(errno)) return {};
  if (received <= 0) return {0, false, true};
  const auto size = static_cast<std::size_t>(received);
  // The end of what the peer sends is not reported again: it is read up to there.
  return {size, size == into.size() || end_is_here_, false};
}

std::optional<std::size_t> SocketStream::send(std::string_view bytes) {
  const ssize_t sent = send_quietly(fd_.get(), bytes);
  if (sent >= 0) return static_cast<std::size_t>(sent);
  if (would_wait(errno)) return 0;
  return std::nullopt;
}

void SocketStream::want(bool read, bool write) {
  reading_ = read;
  writing_ = write;
  poller_.want(fd_.get(), *this, read, write);
}

void SocketStream::end_sending() {
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string SocketStream::peer() const {
  return peer_name(fd_.get());
}

void SocketStream::on_ready(bool readable, bool writable, bool ended) {
  if (ended) end_is_here_ = true;
  // Without interest in reading, readiness is that of a broken connection or was fetched before.
  if (readable && !reading_ && broken()) return client_->on_broken();
  const bool reads = readable && reading_;
  const bool writes = writable && writing_;
  if (reads || writes) client_->on_ready(reads, writes);
}

bool SocketStream::broken() const {
  pollfd state{fd_.get(), 0, 0};
  return poll(&state, 1, 0) > 0 && (state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

}  // namespace rt
