#pragma once

#include <string>

#include "io/hub/service.hpp"

namespace rt {

// Keeps an object in a list of its kind, by its index there.
template <class T>
class Listed {
 protected:
  Listed(std::vector<T*>& list, T* self) : list_(list), index_(list.size()) {
    list.push_back(self);
  }
  ~Listed() {
    T* const last = list_.back();
    list_[index_] = last;
    static_cast<Listed*>(last)->index_ = index_;
    list_.pop_back();
  }

 private:
  std::vector<T*>& list_;
  std::size_t index_;
};

// An event stream's reader. It deletes itself when its peer is gone.
class SseSubscriber final : public Subscriber,
                            public Listed<SseSubscriber>,
                            private ExchangeListener,
                            private Deadline,
                            private ChannelWriter::Target {
 public:
  SseSubscriber(HubService& service, Exchange& exchange, Wire wire);
  void begin(const http::Fields& fields, Channel& channel, const Start& start,
             std::string_view from);
  void flush(Delivery& delivery) override;
  void end();

 private:
  std::size_t take(std::string_view bytes) override { return exchange_.write(bytes); }
  void on_writable() override;
  void on_gone() override { delete this; }
  void on_deadline() override;

  HubService& service_;
  Exchange& exchange_;
  ChannelWriter writer_;
};

// A WebSocket's reader, which publishes too.
class WsSubscriber final : public Subscriber,
                           public Listed<WsSubscriber>,
                           public WebSocketListener,
                           private ChannelWriter::Target {
 public:
  WsSubscriber(HubService& service, Wire wire)
      : Listed(service.sockets_, this),
        service_(service),
        token_(service.new_token()),
        writer_(wire),
        wire_(wire) {}
  void begin(Channel& channel, const Start& start, std::string_view from);
  void flush(Delivery& delivery) override;
  void resume() {
    // An echo that is not taken goes on holding its sender back.
    if (socket_ != nullptr && !(service_.options_.echo && writer_.blocked()))
      socket_->pause_reading(false);
  }
  void end() {
    if (socket_ != nullptr) socket_->close(1001, "the server is ending");
  }

  void on_open(WebSocket& socket) override;
  void on_message(PayloadKind kind, std::string payload) override;
  void on_writable() override;
  void on_gone() override { delete this; }
  ~WsSubscriber();
  // Acknowledges all that came by this connection so far.
  void acknowledge();

 private:
  std::size_t take(std::string_view bytes) override {
    return socket_->write(bytes) ? bytes.size() : 0;
  }

  // A position that says: there is a gap before the first message, to be told when open.
  static constexpr std::uint64_t kGapAtStart = ~std::uint64_t{0};

  HubService& service_;
  const void* const token_;  // the origin of what it publishes
  WebSocket* socket_ = nullptr;
  ChannelWriter writer_;
  Wire wire_;
  bool published_ = false;
  bool ack_pending_ = false;  // it is in the service's list
  bool ack_due_ = false;      // to be sent when there is room
  std::uint64_t accepted_ = 0;
  std::uint64_t last_accepted_ = 0;  // its sequence
};

// A long poll. It deletes itself when it has answered.
class PollWaiter final : public Subscriber,
                         public Listed<PollWaiter>,
                         private ExchangeListener,
                         private Deadline {
 public:
  // How a waiter answers: shared answers are looked up by this number.
  enum Variant : int { ndjson, json_array, latest_message };

  PollWaiter(HubService& service, Exchange& exchange, int variant, http::Fields cors,
             std::optional<std::uint64_t> limit, bool conditional)
      : Listed(service.waiters_, this),
        service_(service),
        exchange_(exchange),
        cors_(std::move(cors)),
        limit_(limit),
        variant_(variant),
        conditional_(conditional) {}
  void begin(Channel& channel, std::uint64_t position, Milliseconds wait);
  void flush(Delivery& delivery) override;
  void end() { on_deadline(); }

 private:
  void answer(const Response& response);
  void on_writable() override {}
  void on_gone() override { delete this; }
  void on_deadline() override;

  HubService& service_;
  Exchange& exchange_;
  http::Fields cors_;
  std::optional<std::uint64_t> limit_;
  int variant_;
  bool conditional_;  // the request had a validator: 304 rather than 204 when the time is up
};

// A publication's answer that waits until publishers are read from again.
class PausedAnswer final : public Listed<PausedAnswer>, private ExchangeListener {
 public:
  PausedAnswer(HubService& service, Exchange& exchange, Response response)
      : Listed(service.paused_answers_, this), exchange_(exchange), response_(std::move(response)) {
    exchange.hold(*this);
  }
  void release() {
    exchange_.respond(response_);
    delete this;
  }

 private:
  void on_writable() override {}
  void on_gone() override { delete this; }

  Exchange& exchange_;
  Response response_;
};

}  // namespace rt
