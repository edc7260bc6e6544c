#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "engine/log.hpp"
#include "io/hub/publisher.hpp"

namespace rt {

// Reads the envelopes of an NDJSON body, as many as a turn of the loop has time for. A message
// takes many times the room of its line: of a batch that is long they are read once to see that all
// are good, and once more when their turn has come.
class BatchReader {
 public:
  // What is wrong with a batch: none of it is published.
  struct Fault {
    int status;
    std::string text;  // names the line
  };
  struct Rules {
    std::size_t max_message;
    std::size_t most_kept;  // about so many bytes of messages are kept at a time
    bool retain;            // all of them
    WallTime now;
  };

  // The messages become this channel's (a canonical name).
  BatchReader(const Publisher& publisher, std::string body, std::string_view channel, Rules rules);
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;

  // One line at least. True when all is read, or something is wrong.
  bool read_until(SteadyTime deadline);
  const std::optional<Fault>& fault() const { return fault_; }
  // How many messages have been read.
  std::size_t count() const { return count_; }
  // They are all there: none is read once more.
  bool keeps_all() const { return !again_; }
  // When all has been read: the next messages, without windows, one at least and at most so many,
  // until there are none. They last until the next call.
  std::span<Record> next(std::size_t most);
  // Bytes of the body, while it is needed, and of messages.
  std::size_t held() const { return body_.capacity() + kept_; }

 private:
  struct Place {
    std::size_t at = 0;    // in the body
    std::size_t line = 0;  // its number
  };

  bool at_end() const { return place_.at >= body_.size(); }
  std::string_view take_line();
  std::optional<Fault> read_line(std::string_view line);
  void keep(Message message);
  void read_again(std::size_t most);
  void let_go_of_body();

  const Publisher& publisher_;
  const Rules rules_;
  const std::string channel_;
  std::string body_;
  Place place_;
  std::optional<Place> again_;  // of the first line that has to be read once more
  std::vector<Record> records_;
  std::size_t given_ = 0;  // of them
  std::size_t kept_ = 0;   // bytes of them
  std::size_t count_ = 0;
  std::optional<Fault> fault_;
  bool checked_ = false;  // all has been read once
};

}  // namespace rt
