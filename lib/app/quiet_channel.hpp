#pragma once

#include <asio/awaitable.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/http/client.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

struct ListedChannel {
  std::string name;
  std::string messages;  // how many the hub has, as it writes the number
};

// What to tell somebody who hears nothing on a channel: "nothing on /rnadom yet; there is /random".
struct QuietWord {
  std::string text;
  bool names_another = false;
};
QuietWord quiet_word(std::string_view channel, const std::vector<ListedChannel>& listed);

struct QuietOptions {
  HttpOptions http;
  std::string list_url;  // the hub's /-/channels
  std::string channel;   // as the hub lists it
};

// Looks up what else there is at a hub whose channel brings nothing, and tells it once. A hub that
// does not say is no error, and not waited for longer than a second.
class QuietChannel {
 public:
  // Without options there is nothing to tell. `is_quiet`: a hub's channel is read, and nothing has
  // come yet.
  QuietChannel(Reactor& reactor, std::optional<QuietOptions> options,
               std::function<bool()> is_quiet);

  // Tells it people who watch after two seconds; never completes.
  asio::awaitable<void> watch();
  // At the end of the time: for anybody, when another channel could have been meant.
  asio::awaitable<void> tell_at_end();

 private:
  asio::awaitable<std::optional<QuietWord>> ask();

  Reactor& reactor_;
  std::optional<QuietOptions> options_;
  std::function<bool()> is_quiet_;
  bool told_ = false;
};

}  // namespace rt
