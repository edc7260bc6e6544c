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
      own_(own) {
  recorder_.on_failure(std::move(on_failure));
  service_.news().add(*this);
  // What is not passed on to others, too.
  service_.publisher().on_unkept([this](const MessagePtr& message) {
    flush();
    recorder_.messages(RecordedSide::client, {&message, 1});
    flush();
  });
}

HubRecorder::~HubRecorder() {
  service_.news().remove(*this);
}

void HubRecorder::on_news() {
  while (const Entry* const entry = cursor_.next()) {
    const bool own = entry->origin == own_;
    if (own != batch_is_own_) flush();
    batch_is_own_ = own;
    batch_.push_back(entry->message);
  }
  if (const std::uint64_t missed = cursor_.take_missed(); missed > 0)
    Log::warn(std::to_string(missed) + " messages left the window before they could be recorded");
  flush();
}

void HubRecorder::flush() {
  recorder_.messages(batch_is_own_ ? RecordedSide::server : RecordedSide::client, batch_,
                     !batch_is_own_);
  batch_.clear();
}

asio::awaitable<Result<void>> HubRecorder::finish() {
  on_news();
  return recorder_.finish();
}

}  // namespace rt
