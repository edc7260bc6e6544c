#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "engine/metric.hpp"
#include "io/hub/admission.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/reading.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// What the hub serves besides channels: its page, and the paths under /-/.
class Pages {
 public:
  Pages(const HubContext& hub, const Delivery& delivery, const Reading& reading,
        const Admission& admission, const Answers& answers);

  // "/-" and what begins with "/-/".
  static bool is_own_path(std::string_view path);
  // A request of such a path, which is without the hub's base.
  void serve(Exchange& exchange, std::string_view path);
  // The page that shows the channels.
  void page(Exchange& exchange) const;
  // Adds to what /-/metrics says, until the owner is forgotten.
  void add_metrics(const void* owner, std::function<std::vector<Metric>()> more) {
    more_metrics_.emplace_back(owner, std::move(more));
  }
  void forget_metrics(const void* owner) {
    std::erase_if(more_metrics_, [&](const auto& one) { return one.first == owner; });
  }

 private:
  void health(Exchange& exchange) const;
  void channels(Exchange& exchange) const;
  void append_channel(std::string& out, Channel& channel) const;
  std::string metrics() const;

  const HubContext& hub_;
  const Delivery& delivery_;
  const Reading& reading_;
  const Admission& admission_;
  const Answers& answers_;
  std::vector<std::pair<const void*, std::function<std::vector<Metric>()>>> more_metrics_;
  SteadyTime started_;
};

}  // namespace rt
