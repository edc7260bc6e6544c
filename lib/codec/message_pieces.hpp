#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/message.hpp"

namespace rt::v1 {

// How a message is said: by append_plain_event, append_envelope_event or envelope::append.
enum class Saying : std::uint8_t { plain_event, envelope_event, envelope };

// True when saying it so takes more than a MiB, and more than twice what its payload has: of line
// ends each is seven bytes of an event stream, of control characters each is six of JSON.
bool grows_much(const Message& message, Saying saying);

// The same bytes as those functions append, a piece at a time, so that a message which grows much
// is never there as a whole. Its payload must be valid UTF-8, and fit a plain event where it is
// one.
class MessagePieces {
 public:
  MessagePieces(MessagePtr message, Saying saying, std::string_view id, std::string_view channel);

  // Appends what the next `most` bytes of the payload become, the first time with what comes before
  // them. False: that was the last of it.
  bool next(std::string& out, std::size_t most);

 private:
  MessagePtr message_;
  std::string before_;
  std::size_t offset_ = 0;  // in the payload
  Saying saying_;
};

}  // namespace rt::v1
