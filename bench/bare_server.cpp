// The bare loop: the least that a server on this machine can spend on a delivery. Linux only
// (epoll).
//
//   bare_server        listens on a free loopback port and writes "listening URL" to stderr
//
// It answers any path: POST publishes (one message, or one NDJSON envelope a line), GET subscribes
// by WebSocket, event stream or long poll; a WebSocket at /echo gets its own messages back. A
// publication is encoded once and costs one send() a subscriber; a long poll costs one recv() more.
// There is no log, no limit and no slow reader: a send() that is not taken whole ends the program,
// because the figure would mean nothing then.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "websocket_accept.hpp"
#include "wire_readers.hpp"

namespace {

using rt::bench::header;

enum class Kind : std::uint8_t { http, event_stream, websocket, echo, long_poll };

struct Connection {
  Kind kind = Kind::http;
  std::string unread;  // part of a request; empty, and without memory, in between
};

struct Publication {
  int publisher = -1;
  std::vector<std::string> payloads;
};

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

std::string frame(std::string_view payload) {
  std::string out = "\x81";
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += '\x7e';
    out += static_cast<char>(payload.size() >> 8 & 0xff);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out.append(payload);
}

class BareServer {
 public:
  BareServer() {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (listener_ < 0 || ::bind(listener_, generic, size) < 0) fail("bind");
    if (::listen(listener_, 4096) < 0) fail("listen");
    if (::getsockname(listener_, generic, &size) < 0) fail("getsockname");
    epoll_ = ::epoll_create1(0);
    if (epoll_ < 0) fail("epoll_create1");
    watch(listener_);
    std::fprintf(stderr, "listening http://127.0.0.1:%d/\n", ntohs(address.sin_port));
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 1024> events{};
    for (;;) {
      const auto n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      if (n < 0 && errno != EINTR) fail("epoll_wait");
      for (int i = 0; i < n; ++i) {
        const auto fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == listener_) {
          accept_all();
        } else {
          receive(fd);
        }
      }
    }
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) < 0) fail("epoll_ctl");
  }

  Connection& at(int fd) { return connections_[static_cast<std::size_t>(fd)]; }

  void accept_all() {
    for (;;) {
      const auto fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0 && errno == EAGAIN) return;
      if (fd < 0) fail("accept");
      const int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      if (connections_.size() <= static_cast<std::size_t>(fd)) {
        connections_.resize(static_cast<std::size_t>(fd) + 1);
      }
      at(fd) = Connection{};
      watch(fd);
    }
  }

  void close(int fd) {
    std::erase(event_streams_, fd);
    std::erase(websockets_, fd);
    std::erase(parked_, fd);
    if (at(fd).kind == Kind::long_poll) --pollers_;
    at(fd) = Connection{};
    ::close(fd);
    publish_held();
  }

  void receive(int fd) {
    const auto n = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return close(fd);
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(n));
    auto& connection = at(fd);
    if (connection.kind == Kind::echo) return echo(fd, static_cast<std::size_t>(n));
    if (connection.kind == Kind::event_stream || connection.kind == Kind::websocket) return;
    if (connection.unread.empty() && bytes.starts_with("GET ") && bytes.ends_with("\r\n\r\n")) {
      return subscribe(fd, bytes);
    }
    connection.unread.append(bytes);
    read_publication(fd);
  }

  void read_publication(int fd) {
    auto& unread = at(fd).unread;
    const auto head = rt::bench::response_head(unread);
    if (head.empty()) return;
    if (head.starts_with("GET ")) {
      const auto request = std::exchange(unread, {});
      return subscribe(fd, request);
    }
    const auto length = std::stoul(std::string(header(head, "content-length").value_or("0")));
    if (unread.size() < head.size() + length) return;
    Publication publication{fd, {}};
    const auto body = std::string_view(unread).substr(head.size(), length);
    if (header(head, "content-type") == "application/x-ndjson") {
      rt::bench::read_envelopes(body, [&](auto data) { publication.payloads.emplace_back(data); });
    } else {
      publication.payloads.emplace_back(body);
    }
    unread = {};
    held_.push_back(std::move(publication));
    publish_held();
  }

  void subscribe(int fd, std::string_view head) {
    auto& connection = at(fd);
    if (connection.kind == Kind::long_poll) return poll(fd, head);
    if (const auto key = header(head, "sec-websocket-key")) {
      const auto echoes = head.starts_with("GET /echo ");
      connection.kind = echoes ? Kind::echo : Kind::websocket;
      if (!echoes) websockets_.push_back(fd);
      send(fd,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Accept: " +
               rt::bench::websocket_accept(*key) + "\r\n\r\n");
    } else if (header(head, "accept") == "text/event-stream") {
      connection.kind = Kind::event_stream;
      event_streams_.push_back(fd);
      send(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
    } else {
      connection.kind = Kind::long_poll;
      ++pollers_;
      poll(fd, head);
    }
  }

  // Short messages, each in one frame, and whole in what one recv() brings.
  void echo(int fd, std::size_t size) {
    std::string frames;
    for (std::size_t at = 0; at < size;) {
      const auto length = static_cast<std::size_t>(buffer_[at + 1] & 0x7f);
      if (length > 125 || size - at < 6 + length) throw std::runtime_error("no whole short frame");
      const auto* key = &buffer_[at + 2];
      auto* payload = &buffer_[at + 6];
      for (std::size_t i = 0; i < length; ++i)
        payload[i] = static_cast<char>(payload[i] ^ key[i % 4]);
      if ((buffer_[at] & 0x0f) != 0x8) frames += frame({payload, length});
      at += 6 + length;
    }
    if (!frames.empty()) send(fd, frames);
  }

  // A first poll, without a cursor, is answered with the latest message; any other waits.
  void poll(int fd, std::string_view head) {
    if (head.find("since=&") != std::string_view::npos && !latest_answer_.empty()) {
      return send(fd, latest_answer_);
    }
    parked_.push_back(fd);
    if (!held_.empty()) publish_held();
  }

  // Without a log a long poll that is under way would miss a message, so publications wait until
  // every poller has asked again.
  void publish_held() {
    while (!held_.empty() && parked_.size() == pollers_) {
      const auto publication = std::move(held_.front());
      held_.pop_front();
      fan_out(publication.payloads);
      send(publication.publisher,
           "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nRT-Id: " + id(sequence_) + "\r\n\r\n");
    }
  }

  static std::string id(std::uint64_t sequence) { return "bare-" + std::to_string(sequence); }

  void fan_out(const std::vector<std::string>& payloads) {
    std::string events;
    std::string frames;
    std::string lines;
    for (const auto& payload : payloads) {
      ++sequence_;
      events += "id: " + id(sequence_) + "\ndata: " + payload + "\n\n";
      frames += frame(payload);
      lines += R"({"v":1,"id":")" + id(sequence_) + R"(","data":")" + payload + "\"}\n";
    }
    latest_answer_ = "HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
                     std::to_string(lines.size()) + "\r\nRT-Next: " + id(sequence_) + "\r\n\r\n" +
                     lines;
    for (const auto fd : event_streams_) send(fd, events);
    for (const auto fd : websockets_) send(fd, frames);
    for (const auto fd : parked_) send(fd, latest_answer_);
    parked_.clear();
  }

  static void send(int fd, std::string_view bytes) {
    const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) return;
    if (n != static_cast<ssize_t>(bytes.size())) fail("a send() was not taken whole");
  }

  int listener_ = -1;
  int epoll_ = -1;
  std::vector<Connection> connections_;  // by descriptor
  std::vector<int> event_streams_;
  std::vector<int> websockets_;
  std::vector<int> parked_;
  std::size_t pollers_ = 0;
  std::deque<Publication> held_;
  std::uint64_t sequence_ = 0;
  std::string latest_answer_;
  std::array<char, 64 * 1024> buffer_{};
};

}  // namespace

int main() {
  try {
    BareServer().run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bare_server: %s\n", error.what());
    return 1;
  }
}
