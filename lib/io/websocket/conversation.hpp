#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "model/answer_rule.hpp"
#include "model/message.hpp"
#include "model/pattern.hpp"

namespace rt {

// What is done first at a connection: something is sent, or an answer is waited for.
struct WsOpeningStep {
  MessagePtr message;              // null: it is waited for
  std::optional<Pattern> awaited;  // with no message
};

// What a client says by itself, to a server that is not a hub.
struct WsConversation {
  std::vector<WsOpeningStep> opening;  // at every connection, in this order
  std::vector<Pattern> rejections;     // a message with one of them while an answer is awaited
  std::vector<AnswerRule> answers;     // the first that fits is sent; the question is not read
  std::string ping;                    // empty: none
  Milliseconds ping_interval{};

  bool idle() const { return opening.empty() && answers.empty() && ping.empty(); }
};

}  // namespace rt
