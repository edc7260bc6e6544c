#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "engine/log.hpp"
#include "io/hub/publisher.hpp"

namespace rt {

// Reads the envelopes of an NDJSON body, as many as a turn of the loop has time for.
class BatchReader {
 public:
  // What is wrong with a batch: none of it is published.
  struct Fault {
    int status;
    std::string text;  // names the line
  };
  struct Rules {
    std::size_t max_message;
    bool retain;  // all of them
    WallTime now;
  };

  // The messages become this channel's (a canonical name).
  BatchReader(const Publisher& publisher, std::string body, std::string_view channel, Rules rules);
  BatchReader(const BatchReader&) = delete;
  BatchReader& operator=(const BatchReader&) = delete;

  // One line at least. True when all is read, or something is wrong.
  bool read_until(SteadyTime deadline);
  const std::optional<Fault>& fault() const { return fault_; }
  // What has been read, without windows. Lasts as long as the reader.
  std::span<Record> records() { return records_; }
  // Bytes of the body, while it is needed.
  std::size_t held() const { return body_.capacity(); }

 private:
  std::optional<Fault> read_line(std::string_view line);

  const Publisher& publisher_;
  const Rules rules_;
  const std::string channel_;
  std::string body_;
  std::size_t at_ = 0;    // in the body
  std::size_t line_ = 0;  // its number
  std::vector<Record> records_;
  std::optional<Fault> fault_;
};

}  // namespace rt
