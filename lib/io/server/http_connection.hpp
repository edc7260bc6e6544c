#pragma once

#include <string>

#include "io/loop/socket_poller.hpp"
#include "io/server/http_front.hpp"

namespace rt {

// One server connection: an exchange at a time. It deletes itself when the socket is closed and
// nothing is pending on it.
class HttpConnection final : public Exchange,
                             private Deadline,
                             private Holder,
                             private SocketPoller::Client {
 public:
  // Owns the descriptor, which is non-blocking.
  HttpConnection(HttpFront& front, int fd);
  ~HttpConnection();

  // False: the connection is gone already.
  bool start();
  void drain();
  // Closes the socket and tells the listener, at once.
  void abandon();

  const http::Request& request() const override { return front_.request_; }
  std::string take_body() override { return decoder_.take_body(front_.request_); }
  const Identity& identity() const override { return identity_ ? *identity_ : kNobody; }
  std::string peer_address() const override;
  void respond(const Response& response) override;
  void hold(ExchangeListener& listener) override;
  void open_stream(const http::Fields& fields, ExchangeListener& listener) override;
  std::size_t write(std::string_view bytes) override;
  bool keep(std::size_t bytes) override;
  bool open_body(const http::Fields& fields, ExchangeListener& listener) override;
  bool write_body(std::string_view bytes) override;
  void end_stream() override;
  void cut() override;
  void open_websocket(std::string_view subprotocol, WebSocketListener& listener) override;

 private:
  friend class HttpFront;
  enum class Phase : std::uint8_t {
    receiving,  // between requests, or one is coming
    handling,   // inside the handler
    held,       // the answer comes later
    streaming,  // an answer without an end
    closing,    // the rest of the output goes out, then the connection ends
    lingering,  // closed for writing; what still comes is thrown away, for a short time
    closed,
  };

  void on_ready(bool readable, bool writable, bool ended) override;
  // True when there may be more to read now, of which nothing will be reported.
  bool on_readable();
  void on_writable();
  void update_interest();
  void on_deadline() override;
  void time_out();
  void process(std::string_view bytes);
  bool serve_one(std::string_view& bytes);
  void run_handler();
  void refuse(int status, std::string_view reason);
  void post_finish();
  void extend_body_time(std::size_t taken);
  void forget_body();
  bool account();
  void give_up() override;
  void drop_unsent(std::size_t bytes);
  void send_output();
  void keep_unsent(std::string_view bytes);
  std::size_t send_now(std::string_view bytes);
  void finish_or_wait();
  void begin_close();
  void close();
  void release_if_done();
  bool broken() const;
  // The answer comes later, or is not all out, and the connection is used again after it.
  bool answers_later() const {
    return phase_ == Phase::held || (phase_ == Phase::streaming && body_in_pieces_);
  }
  bool idle() const { return decoder_.state() == http1::RequestDecoder::State::idle; }

  static inline const Identity kNobody{};

  HttpFront& front_;
  int fd_;
  http1::RequestDecoder decoder_;
  ExchangeListener* listener_ = nullptr;
  HttpConnection* previous_ = nullptr;
  HttpConnection* next_ = nullptr;
  std::unique_ptr<const Identity> identity_;  // null: nobody in particular
  struct Unsent {
    std::string bytes;
    std::size_t sent = 0;
  };
  std::unique_ptr<Unsent> unsent_;       // output that the socket did not take
  std::unique_ptr<std::string> unread_;  // pipelined bytes behind a request that is not answered
  std::size_t body_bytes_ = 0;           // of the body that is coming
  std::size_t body_mark_ = 0;            // ... when its time was last extended
  Phase phase_ = Phase::receiving;
  bool reading_ = true;      // readiness to be read is reported
  bool writing_ = false;     // ... to be written
  bool stream_cut_ = false;  // a stream's write was short: its writer waits
  bool keep_alive_ = true;
  bool head_only_ = false;
  std::size_t kept_ = 0;         // bytes that its handler has, while it is held
  bool body_in_pieces_ = false;  // of the answer: it has an end (open_body)
  bool http10_ = false;
  bool admitted_ = false;
  bool serving_ = false;  // inside process(): answers gather in the front's output
  bool eof_ = false;
  bool send_failed_ = false;  // the peer is gone, or given up: what would be sent is thrown away
  bool busy_ = false;         // a request was served since the idle deadline was set
  std::uint8_t pins_ = 0;     // calls, under way or posted, that come back to this object
};

}  // namespace rt
