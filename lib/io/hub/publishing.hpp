#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/hub.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/batch_publishing.hpp"
#include "io/hub/context.hpp"
#include "io/hub/publisher.hpp"
#include "io/hub/publisher_pause.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// How a channel is published to by HTTP: one message, or a batch of envelopes. A publication is
// answered when the log has it, and not while publishers are paused.
class Publishing final : private PublisherPause::Waiter, private BatchPublishing::Answering {
 public:
  Publishing(const HubContext& hub, Delivery& delivery, const Answers& answers,
             Publisher& publisher, PublisherPause& pause);
  ~Publishing();
  Publishing(const Publishing&) = delete;
  Publishing& operator=(const Publishing&) = delete;

  // False, and it is answered: too much of what goes to the output waits for it.
  bool has_room(Exchange& exchange, std::string_view name) const;
  // The name is canonical; `window` is the channel's, null when there is none yet.
  void post(Exchange& exchange, std::string_view name, Channel* window);
  // Answers what only waits for the end of a pause, or for its turn.
  void drain();

 private:
  // A publication that is not answered yet.
  class Posted;

  std::size_t most_kept() const;
  void post_envelopes(Exchange& exchange, std::string_view name, Channel* window);
  void append(Exchange& exchange, std::span<Record> batch, bool as_list);
  std::unique_ptr<Posted> new_posted();
  void recycle(Posted* posted);
  void on_resume() override;
  void answer(Exchange& exchange, std::string_view channel, http::Fields cors,
              Response response) override;

  const HubContext& hub_;
  const Answers& answers_;
  Publisher& publisher_;
  PublisherPause& pause_;
  BatchPublishing batches_;
  std::vector<Posted*> waiting_;  // for the log
  std::vector<Posted*> paused_;
  std::unique_ptr<Posted> spare_;  // the last that was answered, to be used again
};

}  // namespace rt
