#include "io/mqtt/subscriptions.hpp"

#include <mqtt_protocol.h>

#include <algorithm>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/mqtt/inbox.hpp"
#include "io/mqtt/reasons.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

bool is_shared(const std::string& filter) {
  return filter.rfind("$share/", 0) == 0;
}

}  // namespace

Result<void> MqttSubscriptions::check(const MqttAccepted& accepted) const {
  for (const std::string& filter : options_.filters) {
    if (!accepted.wildcards && has_wildcards(filter))
      return Error(Fault::usage, "the broker takes no wildcards: '" + printable(filter) + "'");
    if (!accepted.shared && is_shared(filter))
      return Error(Fault::usage,
                   "the broker takes no shared subscriptions: '" + printable(filter) + "'");
  }
  return {};
}

Result<void> MqttSubscriptions::request(MqttEngine& engine, bool identified, bool goes_on,
                                        std::string& out) {
  if (options_.manner) return request_plainly(engine, *options_.manner, out);
  const bool v5 = engine.v5();
  const int local = options_.no_local ? MQTT_SUB_OPT_NO_LOCAL : 0;
  std::vector<std::string> plain;
  std::vector<std::string> shared;
  for (const std::string& filter : options_.filters)
    (v5 && is_shared(filter) ? shared : plain).push_back(filter);
  const int none = MQTT_SUB_OPT_SEND_RETAIN_NEVER;
  const bool before = options_.retained != Retained::none && !goes_on;
  const bool live = options_.retained != Retained::only;
  const int as_published = identified && live ? MQTT_SUB_OPT_RETAIN_AS_PUBLISHED : 0;
  Result<void> done;
  if (!identified) {
    const bool keep_away = v5 && options_.retained == Retained::none;
    done = request(engine, plain, local | (keep_away ? none : 0), 0, out);
  } else {
    if (before) done = request(engine, plain, local | as_published, MqttInbox::kBefore, out);
    if (done && live)
      done = request(engine, plain, local | as_published | none, MqttInbox::kLive, out);
  }
  // No-local is not allowed for a shared subscription, and nothing that was kept comes for it.
  if (done) done = request(engine, shared, as_published, identified ? MqttInbox::kLive : 0, out);
  return done;
}

Result<void> MqttSubscriptions::request(MqttEngine& engine, std::vector<std::string> filters,
                                        int options, std::uint32_t identifier, std::string& out) {
  if (filters.empty()) return {};
  const Result<int> request = engine.subscribe(filters, options_.qos, options, identifier, out);
  if (!request) return request.error();
  requests_.emplace(*request, std::move(filters));
  return {};
}

// Each connection subscribes to all in one packet, and what was kept comes as it does.
Result<void> MqttSubscriptions::request_plainly(MqttEngine& engine, const MqttManner& manner,
                                                std::string& out) {
  if (options_.filters.empty()) return {};
  const bool v5 = engine.v5();
  const Result<int> request =
      engine.subscribe(options_.filters, options_.qos, v5 ? manner.subscription_options : 0,
                       v5 ? manner.subscribe : MqttProperties(), out);
  if (!request) return request.error();
  requests_.emplace(*request, options_.filters);
  for (const std::string& filter : manner.unsubscribed) {
    Result<void> asked =
        engine.unsubscribe(filter, v5 ? manner.unsubscribe : MqttProperties(), out);
    if (!asked) return asked;
  }
  return {};
}

// One that is granted is enough.
Result<void> MqttSubscriptions::answered_plainly(const MqttManner& manner,
                                                 const MqttGranted& answer) {
  const std::vector<int>& granted = answer.codes;
  if (manner.subscribed) manner.subscribed(answer.request, granted);
  requests_.erase(answer.request);
  if (std::any_of(granted.begin(), granted.end(), [](int code) { return code < 0x80; })) return {};
  return Error(Fault::refused, "All subscription requests were denied.")
      .because_of(Cause::subscription_refused, granted.empty() ? 0x80 : granted.front());
}

Result<void> MqttSubscriptions::answered(const MqttGranted& answer, std::string_view reason) {
  if (options_.manner) return answered_plainly(*options_.manner, answer);
  const std::vector<int>& granted = answer.codes;
  const auto found = requests_.find(answer.request);
  if (found == requests_.end()) return {};
  const std::vector<std::string>& filters = found->second;
  for (std::size_t i = 0; i < std::min(filters.size(), granted.size()); ++i) {
    if (granted[i] < options_.qos && !std::exchange(lower_qos_, true))
      Log::warn("the broker grants only QoS " + std::to_string(granted[i]) + " for '" +
                printable(filters[i]) + "'");
    if (granted[i] >= 0x80) return subscription_refusal(granted[i], filters[i], reason);
  }
  if (granted.size() != filters.size())
    return Error(Fault::protocol, "the broker's answer to a subscription is not whole");
  requests_.erase(found);
  return {};
}

}  // namespace rt
