#include "app/selection.hpp"

#include <algorithm>
#include <memory>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/json_difference.hpp"

namespace rt {
namespace {

// Of channels, whose number may be a stranger's: then all count as new.
constexpr std::size_t kMostRemembered = 100'000;
constexpr std::size_t kMostRememberedBytes = 64u << 20;
// What is remembered of one as it is; of more than that, without --diff, a digest does.
constexpr std::size_t kShort = 64;

std::string digest(std::string_view text) {
  if (text.size() <= kShort) return std::string(text);
  return std::to_string(text.size()) + ":" + std::to_string(std::hash<std::string_view>()(text));
}

}  // namespace

Result<void> Selection::prepare() {
  const bool reads = !options_.conditions.empty() || !options_.pointers.empty();
  return reads || options_.differences ? picker_.prepare() : Result<void>();
}

bool Selection::pass(const MessagePtr& message, Batch& out) {
  ++came_;
  no_json_ = false;
  const std::size_t before = out.size();
  if (message->gap) {
    out.push_back(message);
  } else if (wanted(*message)) {
    append_parts(message, out);
  }
  put_ += out.size() - before;
  if (!marks_.empty() && marks_.back().put == put_)
    marks_.back().came = came_;
  else
    marks_.push_back({put_, came_});
  return !no_json_;
}

std::uint64_t Selection::done_with(std::uint64_t put) {
  while (!marks_.empty() && marks_.front().put <= put) {
    done_ = marks_.front().came;
    marks_.pop_front();
  }
  return done_;
}

bool Selection::wanted(const Message& message) {
  if (!options_.events.empty()) {
    const std::string_view event =
        message.event.empty() ? "message" : std::string_view(message.event);
    if (std::find(options_.events.begin(), options_.events.end(), event) == options_.events.end())
      return false;
  }
  for (const Condition& condition : options_.conditions)
    if (!holds(condition, message)) return false;
  pick(message);
  if (!options_.pointers.empty() && picked_.empty()) return false;
  return !options_.changes || changed(message);
}

bool Selection::holds(const Condition& condition, const Message& message) {
  picked_.clear();
  if (!picker_.pick(message.payload, condition.pointer(), picked_)) {
    no_json_ = true;
    return false;
  }
  if (picked_.empty()) return condition.holds_for_nothing();
  return std::any_of(picked_.begin(), picked_.end(),
                     [&](const PickedValue& value) { return condition.holds(value.text); });
}

void Selection::pick(const Message& message) {
  picked_.clear();
  for (const JsonPointer& pointer : options_.pointers) {
    if (picker_.pick(message.payload, pointer, picked_)) continue;
    picked_.clear();
    no_json_ = true;
    return;
  }
}

bool Selection::changed(const Message& message) {
  now_.clear();
  if (options_.pointers.empty()) now_ = message.payload;
  for (const PickedValue& value : picked_) {
    if (!now_.empty()) now_ += '\n';
    now_ += options_.differences && picked_.size() == 1 ? value.json : value.text;
  }
  std::string remembered = options_.differences ? now_ : digest(now_);
  const bool full = last_.size() >= kMostRemembered && last_.count(message.channel) == 0;
  if (full || last_bytes_ + remembered.size() > kMostRememberedBytes) {
    last_.clear();
    last_bytes_ = 0;
  }
  const auto [found, is_new] = last_.try_emplace(message.channel);
  if (!is_new && found->second == remembered) return false;
  difference_.clear();
  if (options_.differences && !is_new) difference_ = difference(picker_, found->second, now_);
  last_bytes_ += remembered.size() - found->second.size();
  found->second = std::move(remembered);
  return true;
}

void Selection::append_parts(const MessagePtr& message, Batch& out) const {
  const auto with_payload = [&](const std::string& payload) {
    Message part = *message;
    part.payload = payload;
    part.kind = PayloadKind::text;
    out.push_back(std::make_shared<Message>(std::move(part)));
  };
  if (options_.envelopes) {
    if (options_.pointers.empty()) return out.push_back(message);
    Message whole = *message;
    // One value where only one can be named, else a list.
    const bool one = options_.pointers.size() == 1 && !options_.pointers[0].names_many();
    std::string selected = one ? "" : "[";
    for (const PickedValue& value : picked_) {
      if (selected.size() > 1) selected += ',';
      selected += value.json;
    }
    if (!one) selected += ']';
    whole.selected = std::make_shared<const std::string>(std::move(selected));
    return out.push_back(std::make_shared<Message>(std::move(whole)));
  }
  if (!difference_.empty()) {
    for (const std::string& line : difference_) with_payload(line);
    return;
  }
  if (options_.pointers.empty()) return out.push_back(message);
  for (const PickedValue& value : picked_) with_payload(value.text);
}

void Selection::tell_no_json(const Message& message) {
  if (std::exchange(told_, true)) return;
  Log::warn("a message is no JSON and is passed over: " + printable(message.payload, 40));
}

}  // namespace rt
