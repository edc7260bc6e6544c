#include "app/relay_http.hpp"

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostWays = 1024;

const std::string& channel_or_root(const std::string& channel) {
  static const std::string root = "/";
  return channel.empty() ? root : channel;
}

Error no_channel(const std::string& name) {
  return Error(Fault::usage, "'" + printable(name, 100) + "' is no channel");
}

}  // namespace

ChannelPublishLink::Way& ChannelPublishLink::way_to(const std::string& channel) {
  const auto found = ways_.find(channel);
  if (found != ways_.end()) return found->second;
  if (ways_.size() >= kMostWays) ways_.clear();
  Endpoint endpoint = endpoint_;
  const std::string query = endpoint_.query();
  endpoint.target = canonical_channel(channel) + (query.empty() ? "" : "?" + query);
  PublishOptions options = options_;
  options.url = endpoint.http_url();
  options.hub = options.hub || at_hub_;
  return ways_.try_emplace(channel, client_, std::move(options), on_skipped_).first->second;
}

// A batch that is written again after an error is the rest of the last one, so what was done
// beyond its begin is known by the distance from its end.
asio::awaitable<Result<void>> ChannelPublishLink::write(const Batch& batch) {
  accepted_ = 0;
  wish_.reset();
  Result<void> result;
  for (std::size_t i = 0; i < batch.size() && result; ++i) {
    if (is_done(batch.size() - i)) continue;
    const std::string& channel = channel_or_root(batch[i]->channel);
    if (batch[i]->gap || check_channel(channel) != ChannelFault::none) {
      if (!batch[i]->gap) on_skipped_(batch[i].get(), no_channel(channel));
      done_.insert(batch.size() - i);
      continue;
    }
    result = co_await write_channel(batch, i, channel);
  }
  while (accepted_ < batch.size() && done_.erase(batch.size() - accepted_) > 0) ++accepted_;
  established_ = established_ || result.ok() || accepted_ > 0;
  if (result) done_.clear();
  co_return result;
}

asio::awaitable<Result<void>> ChannelPublishLink::write_channel(const Batch& batch,
                                                                std::size_t from,
                                                                const std::string& channel) {
  Batch mine;
  std::vector<std::size_t> positions;
  for (std::size_t i = from; i < batch.size(); ++i) {
    if (is_done(batch.size() - i) || channel_or_root(batch[i]->channel) != channel) continue;
    mine.push_back(batch[i]);
    positions.push_back(batch.size() - i);
  }
  Way& way = way_to(channel);
  Result<void> written = co_await way.skipping.write(mine);
  const std::size_t taken = written ? mine.size() : std::min(way.skipping.accepted(), mine.size());
  for (std::size_t i = 0; i < taken; ++i) done_.insert(positions[i]);
  at_hub_ = at_hub_ || way.publish.at_hub();
  if (!written) wish_ = way.publish.wish();
  co_return written;
}

}  // namespace rt
