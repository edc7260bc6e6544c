#pragma once

#include "io/loop/descriptor.hpp"
#include "io/loop/socket_poller.hpp"
#include "io/server/byte_stream.hpp"

namespace rt {

// A socket in clear text: one recv() and one send() a call.
class SocketStream final : public ByteStream, private SocketPoller::Client {
 public:
  // Owns the descriptor, which is non-blocking and not in the poller.
  SocketStream(SocketPoller& poller, int fd) : fd_(fd), poller_(poller) {}
  ~SocketStream() override;
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  bool start(ByteStream::Client& client) override;
  Received receive(std::span<char> into) override;
  std::size_t turn_bytes() const override { return SocketPoller::Client::turn_bytes(); }
  SteadyTime::duration turn_time() const override { return poller_.share(); }
  std::optional<std::size_t> send(std::string_view bytes) override;
  void want(bool read, bool write) override;
  void end_sending() override;
  std::string peer() const override;

 private:
  void on_ready(bool readable, bool writable, bool ended) override;
  bool broken() const;

  // In this order they take the least room.
  bool reading_ : 1 = true;
  bool writing_ : 1 = false;
  bool end_is_here_ : 1 = false;  // behind what can be read
  Descriptor fd_;
  SocketPoller& poller_;
  ByteStream::Client* client_ = nullptr;
};

}  // namespace rt
