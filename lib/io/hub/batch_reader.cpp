#include "io/hub/batch_reader.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBatch = 100'000;  // messages of one request

}  // namespace

BatchReader::BatchReader(const Publisher& publisher, std::string body, std::string_view channel,
                         Rules rules)
    : publisher_(publisher), rules_(rules), channel_(channel), body_(std::move(body)) {}

bool BatchReader::read_until(SteadyTime deadline) {
  do {
    if (fault_ || at_ >= body_.size()) {
      body_ = {};
      return true;
    }
    const std::string_view rest = std::string_view(body_).substr(at_);
    const std::string_view line = rest.substr(0, rest.find('\n'));
    at_ += line.size() + 1;
    ++line_;
    fault_ = read_line(line);
  } while (std::chrono::steady_clock::now() < deadline);
  return fault_ || at_ >= body_.size();
}

std::optional<BatchReader::Fault> BatchReader::read_line(std::string_view line) {
  static envelope::Reader reader;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (trim(line).empty()) return std::nullopt;
  const auto here = [this] { return "line " + std::to_string(line_) + ": "; };
  Result<Message> message = reader.read(line);
  if (!message) return Fault{400, here() + message.error().text()};
  if (message->gap) return std::nullopt;
  if (const Result<void> good = publisher_.check(*message); !good)
    return Fault{400, here() + good.error().text()};
  if (records_.size() >= kMostBatch)
    return Fault{413, "more than " + std::to_string(kMostBatch) + " messages in one request"};
  if (message->payload.size() > rules_.max_message)
    return Fault{413, here() + "the message is longer than --max-message"};
  if (rules_.retain) message->retain = true;
  auto shared = std::make_shared<Message>(std::move(*message));
  records_.push_back({channel_, Publisher::for_channel(channel_, std::move(shared), rules_.now)});
  return std::nullopt;
}

}  // namespace rt
