#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/access.hpp"
#include "engine/hub.hpp"
#include "io/hub/delivery.hpp"
#include "io/loop/deadlines.hpp"
#include "io/loop/reactor.hpp"
#include "io/server/exchange.hpp"

namespace rt {

class SseSubscriber;
class WsSubscriber;
class PollWaiter;

// Something in this process that reads the hub's log (see HubSide).
class HubWatcher {
 public:
  // There is news: called once for each turn of the loop, and at once when so much has gathered
  // that windows could pass over it.
  virtual void on_news() = 0;
  // Publishers are read from again.
  virtual void on_resume() = 0;

 protected:
  ~HubWatcher() = default;
};

// One figure of /-/metrics.
struct HubMetric {
  std::string_view name;  // without "rtwire_"
  std::string_view type;  // counter or gauge
  std::string_view help;
  std::uint64_t value = 0;
};

struct HubServiceOptions {
  AccessPolicy::Options access;
  bool relay = true;           // false: what clients publish goes to on_publication only
  bool echo = false;           // a WebSocket's messages come back to it, and nothing else happens
  std::string output_channel;  // on_publication is called for this channel alone; empty: for all
  Milliseconds heartbeat = 15s;
  Milliseconds sse_retry = 2s;
};

// The hub's contract: one channel is one URL in all transports. It stands above the front ends and
// knows nothing of sockets.
class HubService final : public ExchangeHandler, private Deadline {
 public:
  HubService(Reactor& reactor, Deadlines& deadlines, Hub& hub, HubServiceOptions options);
  ~HubService();
  HubService(const HubService&) = delete;
  HubService& operator=(const HubService&) = delete;

  // Publishes from this side of the hub. The channel is canonical (see model/topic.hpp).
  Result<MessageId> publish(std::string_view channel, Message message);
  // Publishes as a client does, under an origin: what was got from new_token(). The name is made
  // canonical; an id that the message brings along becomes its origin_id. The message itself is
  // kept, not a copy, where nothing of it changes: it has this channel's canonical name, a time
  // and no id. Errors: usage (a name that is no channel, too long), other (no room).
  Result<void> publish(std::string_view channel, const MessagePtr& message, const void* origin,
                       WallTime now);
  // Never given again, as an address might be, and odd, as none is.
  const void* new_token() { return reinterpret_cast<const void*>(tokens_ += 2); }
  // True when nothing may be published to this channel now: see pause_publishers.
  bool paused_for(std::string_view channel) const { return paused_ && concerns_output(channel); }

  Hub& hub() { return hub_; }
  void watch(HubWatcher& watcher) { watchers_.push_back(&watcher); }
  void unwatch(HubWatcher& watcher) { std::erase(watchers_, &watcher); }

  // Adds to what /-/metrics says.
  void on_metrics(std::function<std::vector<HubMetric>()> more) { more_metrics_ = std::move(more); }
  // Makes the listener of a WebSocket that speaks MQTT. Without it none does.
  void on_mqtt_socket(std::function<WebSocketListener&()> make) { mqtt_socket_ = std::move(make); }

  // Called for every message that clients publish, after the hub has taken it, with the id that it
  // gave it; null where it keeps none.
  void on_publication(std::function<void(const MessagePtr&, const MessageId*)> callback) {
    on_publication_ = std::move(callback);
  }
  // While paused, publishers to what on_publication is called for are not read from and their
  // requests are answered later.
  void pause_publishers(bool paused);

  // Ends all streams and held requests.
  void drain();

  bool admit(Exchange& exchange) override;
  void handle(Exchange& exchange) override;

 private:
  friend class SseSubscriber;
  friend class WsSubscriber;
  friend class PollWaiter;
  friend class PausedAnswer;

  // What a reading request asks for.
  struct ReadQuery {
    bool has_since = false;
    std::string since;
    std::optional<std::uint64_t> last;
    std::optional<std::uint64_t> limit;
    std::optional<Milliseconds> wait;
    bool any() const { return has_since || last || limit || wait; }
  };

  // What publishers send is hostile: no guessing of types, no scripts.
  static constexpr http::Field kGuard[] = {
      {"X-Content-Type-Options", "nosniff"},
      {"Content-Security-Policy", "sandbox; default-src 'none'"},
  };

  void on_deadline() override;

  // routing
  // `channel` is null when there is none of that name yet.
  void route(Exchange& exchange, std::string_view path, Channel* channel);
  void get(Exchange& exchange, std::string_view path, Channel* channel);
  void post(Exchange& exchange, std::string_view path);
  void options(Exchange& exchange);
  bool check(Exchange& exchange);
  static bool loads_code(const http::Request& request);
  std::optional<ReadQuery> read_query(Exchange& exchange);
  void own_path(Exchange& exchange, std::string_view path);
  void page(Exchange& exchange);

  // reading
  void latest(Exchange& exchange, Channel* channel, std::string_view name, const ReadQuery& query);
  void window(Exchange& exchange, Channel* channel, std::string_view name, const ReadQuery& query);
  // `channel` may be null: then the one of that name is opened.
  void wait_for(Exchange& exchange, Channel* channel, std::string_view name, const ReadQuery& query,
                Start start, int variant);
  Response window_response(Channel* channel, Start start, std::string_view from, int variant,
                           std::optional<std::uint64_t> limit);
  const Response& latest_response(Channel& channel);
  Start start_of(const Channel& channel, const ReadQuery& query) const;
  void event_stream(Exchange& exchange, std::string_view name, ReadQuery query);
  void websocket(Exchange& exchange, std::string_view name, const ReadQuery& query);

  // publishing
  SteadyTime publication_time() const;
  std::optional<Error> accept(std::string_view channel, Message message, const void* origin,
                              MessageId& id);
  void post_envelopes(Exchange& exchange, const std::string& name, const std::string& body);
  void not_taken(Exchange& exchange, const Error& why);
  void acknowledge_soon(WsSubscriber& socket);
  void answer_publication(Exchange& exchange, std::string_view channel, const Response& response);
  bool concerns_output(std::string_view channel) const {
    return options_.output_channel.empty() || options_.output_channel == channel;
  }
  Result<MessageId> take(std::string_view name, Channel* channel, const MessagePtr& message,
                         const void* origin);
  MessageId announce(Entry& entry);
  void tell_watchers(const Message& message);
  void tell_watchers_now();

  // answers
  void problem(Exchange& exchange, int status, std::string_view detail,
               std::initializer_list<http::Field> more_fields = {});
  void add_cors(const http::Request& request, http::Fields& fields) const;
  Response text_response(std::string_view type, std::string body) const;
  void channels(Exchange& exchange);
  void append_channel(std::string& out, Channel& channel) const;
  std::string metrics_text() const;

  Reactor& reactor_;
  Deadlines& deadlines_;
  Hub& hub_;
  HubServiceOptions options_;
  AccessPolicy access_;
  std::string good_host_;  // the last Host that was allowed
  Delivery delivery_;
  std::function<void(const MessagePtr&, const MessageId*)> on_publication_;
  std::function<std::vector<HubMetric>()> more_metrics_;
  std::function<WebSocketListener&()> mqtt_socket_;
  std::vector<HubWatcher*> watchers_;
  std::size_t untold_ = 0;        // messages that watchers have not been told of
  std::size_t untold_bytes_ = 0;  // about what they take of the window
  bool telling_posted_ = false;
  std::uintptr_t tokens_ = 1;
  std::size_t paused_bytes_ = 0;  // published since the pause began
  bool paused_ = false;
  bool draining_ = false;
  SteadyTime started_;

  // The latest message's answer, kept for as long as it is the latest.
  const Channel* latest_channel_ = nullptr;
  std::uint64_t latest_sequence_ = 0;
  Response latest_;
  std::string latest_etag_;

  // Everyone who is connected, to be told of the end; and publishers that wait.
  std::vector<SseSubscriber*> streams_;
  std::vector<WsSubscriber*> sockets_;
  std::vector<PollWaiter*> waiters_;
  std::vector<class PausedAnswer*> paused_answers_;
  std::vector<WsSubscriber*> acks_;  // to be sent at the end of this turn
};

}  // namespace rt
