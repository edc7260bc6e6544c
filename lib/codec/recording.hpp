#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/envelope.hpp"
#include "model/recorded_line.hpp"

// What passed between a client and a server, and when: a JSON object a line (manual: "RECORDINGS").
// A message is its envelope with "at", seconds since the recording began, and "from", who sent it.
namespace rt::recording {

// How a recording begins. `command` is "rtws sub"; the URL has no secrets.
struct Beginning {
  std::string_view command;
  std::string_view version;
  std::string_view url;
  WallTime time{};
};

// Whose message a line has, or who closed a connection; and where there are several connections,
// which of them it was.
struct Who {
  RecordedSide from = RecordedSide::unknown;
  bool relayed = false;      // a client's message that the server gave to others
  std::string_view end{};    // of a relay, by its name
  std::uint64_t client = 0;  // of a server, by its number; 0: none
};

// What a client of a server has opened.
struct Opened {
  std::string_view proto;
  std::string_view channel;
  std::string_view peer;  // its address
};

// These append a whole line.
void append(std::string& out, const Beginning& beginning);
// A gap is one, too. `who.from` is not unknown.
void append(std::string& out, Microseconds at, const Who& who, const Message& message,
            std::string_view proto);
void append_opened(std::string& out, Microseconds at, const Who& who = {},
                   const Opened& opened = {});
void append_closed(std::string& out, Microseconds at, const Who& who,
                   std::optional<std::uint16_t> code, std::string_view reason);
void append_failed(std::string& out, Microseconds at, const Who& who, std::string_view reason);

// Bytes of a recording in, lines out; gaps, empty lines and what became of one of several
// connections are passed over. Plain envelopes count as lines of it.
class Decoder {
 public:
  // Of payloads. With `number` and `offset` the bytes begin in the midst of a recording.
  explicit Decoder(std::size_t max_message, std::uint64_t number = 0, std::uint64_t offset = 0);

  // An error (usage) names the line: "line 3: …". The lines before it are in `out`, and the decoder
  // must not be used again.
  Result<void> receive(std::string_view bytes, std::vector<RecordedLine>& out);
  // The end. A last line that does not end, and cannot be read, is what a killed program leaves
  // behind: then cut() is true, and it is no error.
  Result<void> finish(std::vector<RecordedLine>& out);
  bool cut() const { return cut_; }

 private:
  Result<void> take(std::string_view line, std::vector<RecordedLine>& out);
  Result<std::optional<RecordedLine>> read(std::string_view text);
  Error fail(std::string_view what) const;

  std::size_t max_message_;
  std::size_t max_line_;
  std::uint64_t number_;
  std::uint64_t offset_;
  std::string partial_;
  bool cut_ = false;
  envelope::Reader reader_;
};

}  // namespace rt::recording
