#include "app/hub_recorder.hpp"

#include <utility>

#include "base/log.hpp"

namespace rt {

HubRecorder::HubRecorder(Reactor& reactor, HubService& service, RecordOptions options,
                         const void* own, const std::string& channel,
                         std::function<void()> on_failure)
    : service_(service),
      recorder_(reactor, std::move(options)),
      cursor_(service.hub(), HubCursor::Options{nullptr, channel}),
      own_(own),
      channel_(channel) {
  recorder_.on_failure(std::move(on_failure));
  service_.news().add(*this);
  service_.watch(this);
  // What is not passed on to others, too.
  service_.publisher().on_unkept([this](const MessagePtr& message) {
    flush();
    recorder_.messages({.from = RecordedSide::client}, {&message, 1});
  });
}

HubRecorder::~HubRecorder() {
  service_.watch(nullptr);
  service_.news().remove(*this);
}

void HubRecorder::on_news() {
  while (const Entry* const entry = cursor_.next()) {
    if (entry->origin != batch_origin_) flush();
    batch_origin_ = entry->origin;
    batch_.push_back(entry->message);
  }
  if (const std::uint64_t missed = cursor_.take_missed(); missed > 0)
    Log::warn(std::to_string(missed) + " messages left the window before they could be recorded");
  flush();
}

void HubRecorder::flush() {
  recording::Who who{.from = RecordedSide::server};
  if (batch_origin_ != own_) {
    who = {.from = RecordedSide::client, .relayed = true};
    const auto found = clients_.find(batch_origin_);
    if (found != clients_.end()) who.client = found->second;
  }
  recorder_.messages(who, batch_);
  batch_.clear();
}

void HubRecorder::on_opened(const void* connection, std::string_view proto,
                            std::string_view channel, std::string_view peer) {
  if (!channel_.empty() && channel != channel_) return;
  clients_[connection] = ++last_client_;
  recorder_.opened({.client = last_client_}, {proto, channel, peer});
}

void HubRecorder::on_closed(const void* connection, const WebSocketEnd& end) {
  const auto found = clients_.find(connection);
  if (found == clients_.end()) return;
  // Behind what it has published.
  on_news();
  recorder_.closed(
      {.from = end.by_peer ? RecordedSide::client : RecordedSide::server, .client = found->second},
      end.code != 0 ? std::optional(end.code) : std::nullopt, end.reason);
  clients_.erase(found);
}

asio::awaitable<Result<void>> HubRecorder::finish() {
  on_news();
  return recorder_.finish();
}

}  // namespace rt
