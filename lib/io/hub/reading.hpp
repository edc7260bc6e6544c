#pragma once

#include <string_view>

#include "engine/hub.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/event_streams.hpp"
#include "io/hub/long_polls.hpp"
#include "io/hub/past_reads.hpp"
#include "io/hub/read_query.hpp"
#include "io/hub/web_sockets.hpp"
#include "io/hub/window_answers.hpp"
#include "io/hub/window_streams.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// How a channel is read: the latest message, a window, a long poll, an event stream, a WebSocket.
class Reading {
 public:
  // How many of each kind are connected.
  struct Counts {
    std::size_t streams;
    std::size_t sockets;
    std::size_t polls;
  };

  Reading(const HubContext& hub, Delivery& delivery, const Answers& answers, WebSockets& sockets);

  // True when it asks for nothing that only a channel has: at "/" the page is meant.
  static bool wants_page(const http::Request& request);
  // The name is canonical; `channel` is null when there is none yet.
  void get(Exchange& exchange, std::string_view name, Channel* channel);
  // Ends streams, and answers what waits.
  void drain();
  void watch(ConnectionWatcher* watcher) { streams_.watch(watcher); }
  Counts counts() const { return {streams_.count(), sockets_.count(), polls_.count()}; }

 private:
  void plain(Exchange& exchange, std::string_view name, Channel* channel, const ReadQuery& query);
  void latest(Exchange& exchange, std::string_view name, Channel* channel, const ReadQuery& query);
  void unchanged(Exchange& exchange);
  void window(Exchange& exchange, std::string_view name, Channel* channel, const ReadQuery& query,
              ReadForm form);
  http::Fields fields_of_event_stream(const http::Request& request, const Channel* channel) const;
  void head_of_event_stream(Exchange& exchange, const Channel* channel) const;
  void event_stream(Exchange& exchange, std::string_view name, Channel* channel, ReadQuery query,
                    bool envelopes);
  void websocket(Exchange& exchange, std::string_view name, Channel* channel,
                 const ReadQuery& query);
  void wait_for(Exchange& exchange, std::string_view name, Channel* channel, const ReadQuery& query,
                const Start& start, ReadForm form);
  // The channel, opened for a reader; null, and it is answered, when there is no room.
  Channel* opened(Exchange& exchange, std::string_view name, Channel* channel);
  LateAnswer late_answer(const http::Request& request, const ReadQuery& query, ReadForm form) const;

  const HubContext& hub_;
  Delivery& delivery_;
  const Answers& answers_;
  WebSockets& sockets_;
  WindowAnswers windows_;
  WindowStreams window_streams_;
  EventStreams streams_;
  LongPolls polls_;
  PastReads past_reads_;
};

}  // namespace rt
