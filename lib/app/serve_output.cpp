#include "app/serve_output.hpp"

#include <asio/post.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "io/hub/delivery.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostPrinted = 64u << 10;  // bytes that are gathered for one write

bool shows_id(const Framing& framing) {
  return framing.format != nullptr ? framing.format->shows_id() : framing.kind == FramingKind::json;
}

}  // namespace

ServeOutput::ServeOutput(Reactor& reactor, HubService& service, Options options)
    : reactor_(reactor),
      service_(service),
      writer_(reactor, options.fd, options.name, old_content_for(options.fd)),
      encoder_(framing_for(options.fd, options.framing), options.transport, options.name),
      name_(std::move(options.name)),
      shows_id_(shows_id(options.framing)),
      progress_(reactor.executor()) {
  service_.pages().add_metrics(this, [this]() -> std::vector<Metric> {
    return {{"output_bytes", "gauge", "Bytes of messages that wait for stdout.", waiting()},
            {"output_missed_total", "counter",
             "Messages that left the window before they could be written to stdout.", missed_}};
  });
}

ServeOutput::~ServeOutput() {
  service_.pages().forget_metrics(this);
  service_.news().remove(*this);
}

void ServeOutput::follow(const void* own, const std::string& channel) {
  cursor_.emplace(service_.hub(), HubCursor::Options{own, channel});
  service_.news().add(*this);
  // One after the other, as they come: nothing else keeps them.
  service_.publisher().on_unkept([this](const MessagePtr& message) { take_unkept(message); });
  writer_.on_progress([this] { on_progress(); });
}

bool ServeOutput::has_room() const {
  return kept_.empty() && printed_.size() + writer_.pending() <= service_.pause().begins_at();
}

// At the end what is in the window is all that there is.
bool ServeOutput::is_full() const {
  return !ending_ && waiting() >= service_.pause().most();
}

void ServeOutput::on_news() {
  for (;;) {
    // Where there is room it is not full.
    const bool room = has_room();
    if (!room && is_full()) break;
    const Entry* const entry = cursor_->next();
    if (entry == nullptr) break;
    const MessageId id = shows_id_ ? service_.hub().id_of(*entry) : MessageId();
    if (room)
      print(*entry->message, id);
    else
      keep(entry->message, id);
  }
  missed_ += cursor_->take_missed();
  // Of a stalled output once, not at each message.
  if (!is_full()) tell_missed();
  flush();
}

void ServeOutput::tell_missed() {
  const std::uint64_t missed = missed_ - std::exchange(told_missed_, missed_);
  if (missed > 0)
    Log::warn(std::to_string(missed) + " messages left the window before they could be written");
}

void ServeOutput::take_unkept(const MessagePtr& message) {
  if (has_room())
    print(*message, {});
  else
    keep(message, {});
  flush_soon();
}

void ServeOutput::print(const Message& message, const MessageId& id) {
  if (shows_id_ && id.sequence != 0) {
    Message named = message;
    named.id = to_string(id);
    encoder_.append(printed_, named);
  } else {
    encoder_.append(printed_, message);
  }
  if (printed_.size() >= kMostPrinted) writer_.write(std::exchange(printed_, {}));
}

void ServeOutput::keep(const MessagePtr& message, const MessageId& id) {
  const std::size_t cost = window_charge(*message);
  kept_.push_back({message, id, cost});
  kept_bytes_ += cost;
}

void ServeOutput::print_kept() {
  while (!kept_.empty() && printed_.size() + writer_.pending() <= service_.pause().begins_at()) {
    const Waiting first = std::move(kept_.front());
    kept_.pop_front();
    kept_bytes_ -= first.cost;
    print(*first.message, first.id);
  }
}

void ServeOutput::flush_soon() {
  if (flush_posted_) return;
  flush_posted_ = true;
  asio::post(reactor_.context(), [this] {
    flush_posted_ = false;
    flush();
  });
}

// Last of all: at the end of a pause others publish.
void ServeOutput::flush() {
  if (!printed_.empty()) writer_.write(std::exchange(printed_, {}));
  service_.pause().waits(waiting());
}

void ServeOutput::on_progress() {
  progress_.notify_all();
  if (writer_.closed() || !writer_.status()) {
    kept_.clear();
    kept_bytes_ = 0;
    if (const auto callback = std::exchange(on_end_, nullptr)) callback();
    return;
  }
  print_kept();
  on_news();
}

asio::awaitable<Result<void>> ServeOutput::finish(SteadyTime until) {
  ending_ = true;
  if (cursor_) on_news();
  flush();
  // A reader that has stalled is not waited for.
  while (waiting() > 0 && writer_.status() && !writer_.closed() &&
         std::chrono::steady_clock::now() < until)
    co_await progress_.wait_until(until);
  if (Result<void> written = writer_.status(); !written) co_return written;
  std::size_t left = writer_.closed() ? 0 : writer_.pending();
  for (const Waiting& one : kept_) left += one.message->payload.size();
  if (left > 0)
    co_return Error(Fault::lost, name_ + " has not taken the last " + std::to_string(left) +
                                     " bytes of messages in time");
  co_return encoder_.verdict();
}

}  // namespace rt
