#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "codec/http_fields.hpp"
#include "io/hub/batch_reader.hpp"
#include "io/hub/context.hpp"
#include "io/hub/delivery.hpp"
#include "io/hub/publisher_pause.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// Batches that are more than the work of a moment: read, and given to the log, a part in each turn
// of the loop, which they share with readers that catch up. One batch after the other: what waits
// is a body, which counts as held for its peer, and small bodies do not wait (see is_busy). Nothing
// of a batch is published before all of it has been read; a peer that goes away before takes its
// batch along. While publishers are paused what is left of a batch waits beside the line.
class BatchPublishing {
 public:
  // Whoever answers when a batch has been published, or is not going to be.
  class Answering {
   public:
    // The exchange is held; `cors` are fields of the answer.
    virtual void answer(Exchange& exchange, std::string_view channel, http::Fields cors,
                        Response response) = 0;

   protected:
    ~Answering() = default;
  };

  BatchPublishing(const HubContext& hub, Delivery& delivery, Publisher& publisher,
                  const PublisherPause& pause, Answering& answering)
      : hub_(hub),
        delivery_(delivery),
        publisher_(publisher),
        pause_(pause),
        answering_(answering) {}
  // The exchanges must be gone, or be answered.
  ~BatchPublishing();
  BatchPublishing(const BatchPublishing&) = delete;
  BatchPublishing& operator=(const BatchPublishing&) = delete;

  // Goes on with a batch of which something has been read.
  void begin(Exchange& exchange, std::unique_ptr<BatchReader> batch, std::string_view channel,
             http::Fields cors);
  // Others stand in line: of a long body nothing is to be read before its turn.
  bool is_busy() const { return !line_.empty(); }
  // A pause has ended.
  void resume();
  // Does all that is left now.
  void drain();

 private:
  class Batch;

  const HubContext& hub_;
  Delivery& delivery_;
  Publisher& publisher_;
  const PublisherPause& pause_;
  Answering& answering_;
  std::vector<Batch*> batches_;
  std::deque<Batch*> line_;  // the first has its turns
};

// So many records are given to the log in one turn, where that is so.
inline constexpr std::size_t kBatchPart = 2000;

// Appends the ids of consecutive messages, with commas between.
void append_ids(std::string& out, const MessageId& first, std::size_t count);
// 201 with these ids; `last` is the last one, empty when what is published has no id.
Response batch_answer(std::string_view ids, std::string_view last);

}  // namespace rt
