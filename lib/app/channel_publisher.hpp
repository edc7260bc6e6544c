#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "app/connection.hpp"
#include "model/endpoint.hpp"

namespace rt {

// Publishes each message by HTTP to its own channel below a server's root. Order is kept for each
// channel. What bears no valid channel, or is refused for itself, is skipped; what bears none goes
// to "/".
class ChannelPublisher final : public Connection {
 public:
  // The client must outlive this. The endpoint's query goes along; options.url is not looked at.
  // With a `place` each of it in the endpoint's target stands for the topic.
  ChannelPublisher(HttpClient& client, Endpoint endpoint, std::string_view place,
                   PublishOptions options, OnSkipped on_skipped)
      : client_(client),
        endpoint_(std::move(endpoint)),
        place_(place),
        options_(std::move(options)),
        on_skipped_(std::move(on_skipped)) {}

  bool established() const override { return established_; }
  asio::awaitable<Result<void>> write(Messages& rest) override;
  Ending ending() const override { return {.wish = wish_}; }

 private:
  std::string target_of(const std::string& channel) const;
  PublishConnection& publisher_of(const std::string& channel);
  // Those of the first one's channel.
  asio::awaitable<Result<void>> write_channel(Messages from, const std::string& channel);
  // A message may stand in a batch twice: the position is what counts.
  bool is_done(std::size_t position) const { return done_.contains(position); }

  HttpClient& client_;
  Endpoint endpoint_;
  std::string place_;
  PublishOptions options_;
  OnSkipped on_skipped_;
  std::unordered_map<std::string, PublishConnection> publishers_;
  std::unordered_set<std::size_t> done_;  // positions, counted from the end of the batch
  std::optional<Milliseconds> wish_;
  bool established_ = false;
  bool at_hub_ = false;
};

}  // namespace rt
