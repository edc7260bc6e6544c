#include "app/quiet_channel.hpp"

#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>

#include "base/edit_distance.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/json_picker.hpp"

namespace rt {
namespace {

constexpr Milliseconds kQuiet = 2s;
// Of a name that may be another, misspelt.
constexpr std::size_t kMostSlips = 2;
constexpr std::size_t kShortest = 4;
constexpr std::size_t kLongest = 64;
constexpr Milliseconds kPatience = 1s;           // with the hub's list
constexpr std::size_t kMostBytes = 1024 * 1024;  // of it

// Empty: it is no list of channels.
std::vector<ListedChannel> read_list(const std::string& json) {
  JsonPicker picker;
  const Result<JsonPointer> names = JsonPointer::parse("/*/channel");
  const Result<JsonPointer> numbers = JsonPointer::parse("/*/messages");
  std::vector<PickedValue> channels;
  std::vector<PickedValue> messages;
  if (!names || !numbers || !picker.prepare()) return {};
  if (!picker.pick(json, *names, channels) || !picker.pick(json, *numbers, messages)) return {};
  std::vector<ListedChannel> out;
  if (channels.size() != messages.size()) return out;
  for (std::size_t i = 0; i < channels.size(); ++i)
    out.push_back({std::move(channels[i].text), std::move(messages[i].text)});
  return out;
}

}  // namespace

QuietWord quiet_word(std::string_view channel, const std::vector<ListedChannel>& listed) {
  std::string_view similar;
  std::size_t slips = kMostSlips + 1;
  for (const ListedChannel& one : listed) {
    if (one.messages == "0") continue;
    if (one.name == channel)
      return {"nothing new on " + printable(channel) + " yet; --last " + one.messages +
              " shows what is there"};
    // One of two letters is like every other.
    const bool comparable = channel.size() >= kShortest && channel.size() <= kLongest &&
                            one.name.size() <= channel.size() + kMostSlips;
    const std::size_t distance = comparable ? edit_distance(channel, one.name) : slips;
    if (distance >= slips) continue;
    slips = distance;
    similar = one.name;
  }
  QuietWord word{"nothing on " + printable(channel) + " yet"};
  if (similar.empty()) return word;
  word.text += "; there is " + printable(similar);
  word.names_another = true;
  return word;
}

QuietChannel::QuietChannel(Reactor& reactor, std::optional<QuietOptions> options,
                           std::function<bool()> is_quiet)
    : reactor_(reactor), options_(std::move(options)), is_quiet_(std::move(is_quiet)) {}

asio::awaitable<void> QuietChannel::watch() {
  asio::steady_timer timer(reactor_.context(), kQuiet);
  if (options_ && Log::shows_notices()) {
    co_await timer.async_wait(asio::use_awaitable);
    if (is_quiet_()) {
      const std::optional<QuietWord> word = co_await ask();
      if (word && is_quiet_() && !std::exchange(told_, true)) Log::notice(word->text);
    }
  }
  timer.expires_at(SteadyTime::max());
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<void> QuietChannel::tell_at_end() {
  if (!options_ || told_ || !is_quiet_() || Log::level() == LogLevel::quiet) co_return;
  const std::optional<QuietWord> word = co_await ask();
  if (word && word->names_another) Log::warn(word->text);
}

asio::awaitable<std::optional<QuietWord>> QuietChannel::ask() {
  HttpOptions http = options_->http;
  http.max_body = kMostBytes;
  http.follows = false;
  http.cookie_jar.clear();  // who has it open is the one who writes it
  http.connect_timeout = kPatience;
  HttpClient client(reactor_, std::move(http));
  HttpRequest request;
  request.url = options_->list_url;
  request.timeout = kPatience;
  const Result<HttpResponse> answer = co_await client.request(std::move(request));
  if (!answer || answer->status != 200) co_return std::nullopt;
  const std::vector<ListedChannel> listed = read_list(answer->body);
  if (listed.empty()) co_return std::nullopt;
  co_return quiet_word(options_->channel, listed);
}

}  // namespace rt
