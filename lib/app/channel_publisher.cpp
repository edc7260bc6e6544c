#include "app/channel_publisher.hpp"

#include <vector>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostPublishers = 1024;

const std::string& channel_or_root(const std::string& channel) {
  static const std::string root = "/";
  return channel.empty() ? root : channel;
}

Error no_channel(const std::string& name) {
  return Error(Fault::usage, "'" + printable(name, 100) + "' is no channel");
}

}  // namespace

// In a path the topic's slashes are the path's, in a query they are encoded.
std::string ChannelPublisher::target_of(const std::string& channel) const {
  const std::string query = endpoint_.query();
  if (place_.empty()) return canonical_channel(channel) + (query.empty() ? "" : "?" + query);
  const std::string path = canonical_channel(channel).substr(1);
  const std::string encoded = percent_encode(topic_of(channel));
  std::string target = endpoint_.target;
  for (std::size_t at = 0; (at = target.find(place_, at)) != std::string::npos;) {
    const std::string& topic = at > target.find('?') ? encoded : path;
    target.replace(at, place_.size(), topic);
    at += topic.size();
  }
  return target;
}

PublishConnection& ChannelPublisher::publisher_of(const std::string& channel) {
  const auto found = publishers_.find(channel);
  if (found != publishers_.end()) return found->second;
  if (publishers_.size() >= kMostPublishers) publishers_.clear();
  Endpoint endpoint = endpoint_;
  endpoint.target = target_of(channel);
  PublishOptions options = options_;
  options.url = endpoint.http_url();
  options.hub = options.hub || at_hub_;
  return publishers_.try_emplace(channel, client_, std::move(options), !place_.empty())
      .first->second;
}

// What is written after an error is the rest of the last batch, so what was done beyond its begin
// is known by the distance from its end.
asio::awaitable<Result<void>> ChannelPublisher::write(Messages& rest) {
  wish_.reset();
  Result<void> result;
  for (Messages from = rest; !from.empty() && result; from = from.subspan(1)) {
    if (is_done(from.size())) continue;
    const Message& first = *from.front();
    const std::string& channel = channel_or_root(first.channel);
    if (first.gap || check_channel(channel) != ChannelFault::none) {
      if (!first.gap) on_skipped_(from.front(), no_channel(channel));
      done_.insert(from.size());
      continue;
    }
    result = co_await write_channel(from, channel);
  }
  established_ = established_ || result.ok() || is_done(rest.size());
  while (!rest.empty() && done_.erase(rest.size()) > 0) rest = rest.subspan(1);
  co_return result;
}

asio::awaitable<Result<void>> ChannelPublisher::write_channel(Messages from,
                                                              const std::string& channel) {
  Batch mine;
  std::vector<std::size_t> positions;
  for (; !from.empty(); from = from.subspan(1)) {
    if (is_done(from.size()) || channel_or_root(from.front()->channel) != channel) continue;
    mine.push_back(from.front());
    positions.push_back(from.size());
  }
  PublishConnection& publisher = publisher_of(channel);
  Messages rest = mine;
  Result<void> written = co_await write_skipping(publisher, rest, on_skipped_);
  for (std::size_t i = 0; i + rest.size() < mine.size(); ++i) done_.insert(positions[i]);
  at_hub_ = at_hub_ || publisher.at_hub();
  if (!written) wish_ = publisher.ending().wish;
  co_return written;
}

}  // namespace rt
