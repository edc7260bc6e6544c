#include "io/hub/batch_reader.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBatch = 100'000;  // messages of one request

// About what it takes in memory.
std::size_t cost_of(const Message& message) {
  std::size_t sum = sizeof(Message) + 64 + message.payload.capacity() +
                    message.content_type.capacity() + message.channel.capacity() +
                    message.event.capacity() + message.origin_id.capacity();
  for (const std::string& relay : message.via) sum += sizeof(std::string) + relay.capacity();
  for (const auto& property : message.properties)
    sum += sizeof property + property.first.capacity() + property.second.capacity();
  return sum;
}

}  // namespace

BatchReader::BatchReader(const Publisher& publisher, std::string body, std::string_view channel,
                         Rules rules)
    : publisher_(publisher), rules_(rules), channel_(channel), body_(std::move(body)) {}

bool BatchReader::read_until(SteadyTime deadline) {
  while (!fault_ && !at_end()) {
    fault_ = read_line(take_line());
    if (!again_ && kept_ > rules_.most_kept) again_ = place_;
    if (std::chrono::steady_clock::now() >= deadline) break;
  }
  if (!fault_ && !at_end()) return false;
  checked_ = true;
  // Nothing more was there to keep.
  if (again_ && again_->at >= body_.size()) again_.reset();
  if (fault_ || !again_) let_go_of_body();
  return true;
}

std::span<Record> BatchReader::next(std::size_t most) {
  if (given_ == records_.size()) read_again(most);
  const std::size_t number = std::min(most, records_.size() - given_);
  const std::span<Record> part = std::span(records_).subspan(given_, number);
  given_ += number;
  return part;
}

// They were good the first time.
void BatchReader::read_again(std::size_t most) {
  std::vector<Record>().swap(records_);
  given_ = 0;
  kept_ = 0;
  if (!again_) return;
  place_ = *std::exchange(again_, std::nullopt);
  while (!at_end() && kept_ <= rules_.most_kept && records_.size() < most)
    (void)read_line(take_line());
  if (at_end())
    let_go_of_body();
  else
    again_ = place_;
}

std::string_view BatchReader::take_line() {
  const std::string_view rest = std::string_view(body_).substr(place_.at);
  const std::string_view line = rest.substr(0, rest.find('\n'));
  place_.at += line.size() + 1;
  ++place_.line;
  return line;
}

// An empty string that is assigned would leave it its room.
void BatchReader::let_go_of_body() {
  std::string().swap(body_);
}

std::optional<BatchReader::Fault> BatchReader::read_line(std::string_view line) {
  static envelope::Reader reader;
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (trim(line).empty()) return std::nullopt;
  const auto here = [this] { return "line " + std::to_string(place_.line) + ": "; };
  Result<Message> message = reader.read(line);
  if (!message) return Fault{400, here() + message.error().text()};
  if (message->gap) return std::nullopt;
  if (const Result<void> good = publisher_.check(*message); !good)
    return Fault{400, here() + good.error().text()};
  if (!checked_ && count_ >= kMostBatch)
    return Fault{413, "more than " + std::to_string(kMostBatch) + " messages in one request"};
  if (message->payload.size() > rules_.max_message)
    return Fault{413, here() + "the message is longer than --max-message"};
  keep(std::move(*message));
  return std::nullopt;
}

void BatchReader::keep(Message message) {
  if (!checked_) {
    ++count_;
    if (again_) return;
  }
  if (rules_.retain) message.retain = true;
  auto shared = std::make_shared<Message>(std::move(message));
  MessagePtr made = Publisher::for_channel(channel_, std::move(shared), rules_.now);
  kept_ += sizeof(Record) + cost_of(*made);
  records_.push_back({channel_, std::move(made)});
}

}  // namespace rt
