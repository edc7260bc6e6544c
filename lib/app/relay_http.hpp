#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "app/link.hpp"
#include "model/endpoint.hpp"

namespace rt {

// Publishes each message by HTTP to its own channel below a server's root. Order is kept for each
// channel. What bears no valid channel is skipped and counted; what bears none goes to "/".
class ChannelPublishLink final : public Link {
 public:
  // The client must outlive this. The endpoint's query goes along; options.url is not looked at.
  ChannelPublishLink(HttpClient& client, Endpoint endpoint, PublishOptions options)
      : client_(client), endpoint_(std::move(endpoint)), options_(std::move(options)) {}

  bool established() const override { return established_; }
  asio::awaitable<Result<void>> write(const Batch& batch) override;
  std::size_t accepted() const override { return accepted_; }
  std::optional<Milliseconds> wish() const override { return wish_; }
  std::uint64_t skipped() const { return skipped_; }

 private:
  HttpSink& sink_of(const std::string& channel);
  // Everything of that channel from the batch's position on.
  asio::awaitable<Result<void>> write_channel(const Batch& batch, std::size_t from,
                                              const std::string& channel);
  // A message may stand in a batch twice: the position is what counts.
  bool is_done(std::size_t position) const { return done_.contains(position); }

  HttpClient& client_;
  Endpoint endpoint_;
  PublishOptions options_;
  std::unordered_map<std::string, HttpSink> sinks_;
  std::unordered_set<std::size_t> done_;  // positions, counted from the end of the batch
  std::size_t accepted_ = 0;
  std::optional<Milliseconds> wish_;
  std::uint64_t skipped_ = 0;
  bool established_ = false;
  bool at_hub_ = false;
};

}  // namespace rt
