#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "codec/recorded_facts.hpp"
#include "model/message.hpp"

// The JSON envelope: one object a line, the same in every program (manual: "envelope").
namespace rt::envelope {

// Appends `{"v":1,"time":…,"proto":…,"channel":…,"id":…,…}` without a newline. Members that say
// nothing are left out: empty strings, qos 0, retain false, time 0. `data` is the payload as a
// string when it is valid UTF-8, with "binary":true beside it when the kind is binary; else
// `data_base64`. A message with a gap is `{"v":1,"gap":{"from":…,"missed":…}}` (and channel).
// proto is left out when empty; with "mqtt" the topic stands beside the channel. `received` is
// written beside a `time` that is another's. `selected` is JSON of its own. `properties` is an
// object, or, when a name occurs twice, an array of [name, value] pairs, because an object's
// readers keep only one of them.
void append(std::string& out, const Message& message, std::string_view proto);

// The same with an id and a channel that replace the message's, and without `received`, which is
// nobody else's business.
void append(std::string& out, const Message& message, std::string_view proto, std::string_view id,
            std::string_view channel);

// What of it stands before `data` or `data_base64`, which are its last members; `binary` belongs to
// them, too. Not for a gap.
void append_before_payload(std::string& out, const Message& message, std::string_view proto,
                           std::string_view id, std::string_view channel);

// Reads one envelope. Unknown keys are ignored, but the whole line must be valid JSON and UTF-8;
// "v" absent or 1 is read, another is an error. An error (usage) says what is wrong, without the
// line's number: the caller adds it. An object must have one of data, data_base64 and gap. `data`
// must be a string; anything else is an error that says so. Of the other members null counts as
// absent, a wrong type is an error, and of two with one name the last counts. A message with
// `data_base64`, or "binary":true, is binary. `topic` counts where no channel is named. `id` goes
// into Message::id; `origin_id` stays. Of a gap only `gap`, `channel` and `topic` are read.
class Reader {
 public:
  Reader();
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  Result<Message> read(std::string_view line);
  // The same into a message that is as default-constructed; after an error it is unspecified.
  Result<void> read(std::string_view line, Message& message);
  // The same of a line of a recording, with what it says beside. One that is no message needs no
  // data, and then the message stays empty.
  Result<void> read_recorded(std::string_view line, Message& message, RecordedFacts& facts);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

using Properties = std::vector<std::pair<std::string, std::string>>;

// Appends what stands behind "properties":, an object or an array of pairs.
void append_property_list(std::string& out, const Properties& properties);

// Appends text as a JSON string with quotes; bytes that are not UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace rt::envelope
