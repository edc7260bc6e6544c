#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "app/link.hpp"
#include "app/skipping_link.hpp"
#include "model/endpoint.hpp"

namespace rt {

// Publishes each message by HTTP to its own channel below a server's root. Order is kept for each
// channel. What bears no valid channel, or is refused for itself, is skipped; what bears none goes
// to "/".
class ChannelPublishLink final : public Link {
 public:
  // The client must outlive this. The endpoint's query goes along; options.url is not looked at.
  ChannelPublishLink(HttpClient& client, Endpoint endpoint, PublishOptions options,
                     SkippingLink::OnSkipped on_skipped)
      : client_(client),
        endpoint_(std::move(endpoint)),
        options_(std::move(options)),
        on_skipped_(std::move(on_skipped)) {}

  bool established() const override { return established_; }
  asio::awaitable<Result<void>> write(const Batch& batch) override;
  std::size_t accepted() const override { return accepted_; }
  std::optional<Milliseconds> wish() const override { return wish_; }

 private:
  struct Way {
    Way(HttpClient& client, PublishOptions options, const SkippingLink::OnSkipped& on_skipped)
        : publish(client, std::move(options)), skipping(publish, on_skipped) {}
    HttpPublishLink publish;
    SkippingLink skipping;
  };
  Way& way_to(const std::string& channel);
  // Everything of that channel from the batch's position on.
  asio::awaitable<Result<void>> write_channel(const Batch& batch, std::size_t from,
                                              const std::string& channel);
  // A message may stand in a batch twice: the position is what counts.
  bool is_done(std::size_t position) const { return done_.contains(position); }

  HttpClient& client_;
  Endpoint endpoint_;
  PublishOptions options_;
  SkippingLink::OnSkipped on_skipped_;
  std::unordered_map<std::string, Way> ways_;
  std::unordered_set<std::size_t> done_;  // positions, counted from the end of the batch
  std::size_t accepted_ = 0;
  std::optional<Milliseconds> wish_;
  bool established_ = false;
  bool at_hub_ = false;
};

}  // namespace rt
