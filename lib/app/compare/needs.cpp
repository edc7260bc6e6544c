#include "app/compare/needs.hpp"

#include <array>

namespace rt {
namespace {

constexpr unsigned bit(ComparedWay way) {
  return 1u << static_cast<unsigned>(way);
}

constexpr unsigned kPoll = bit(ComparedWay::poll);
constexpr unsigned kWindows = bit(ComparedWay::poll_cursor) | bit(ComparedWay::long_poll);
constexpr unsigned kSse = bit(ComparedWay::sse);
constexpr unsigned kWs = bit(ComparedWay::ws);
constexpr unsigned kWsHub = bit(ComparedWay::ws_hub);
constexpr unsigned kMqtt0 = bit(ComparedWay::mqtt0);
constexpr unsigned kMqtt1 = bit(ComparedWay::mqtt1);
constexpr unsigned kMqtt = kMqtt0 | kMqtt1 | bit(ComparedWay::mqtt2);

struct Row {
  ComparedNeed need;
  unsigned ways;
  Fit fit;
  std::string_view words;
};

// What stands in no row is met.
constexpr Row kRows[] = {
    {ComparedNeed::two_way, kPoll | kWindows | kSse, Fit::with_a_price,
     "what readers send is a POST for each message"},
    {ComparedNeed::binary, kWindows | kSse | kWsHub, Fit::with_a_price,
     "bytes that are not text go as base64, which is a third more"},
    {ComparedNeed::browser, kMqtt, Fit::with_a_price,
     "a browser needs a library for it, and the broker a WebSocket side"},
    {ComparedNeed::offline, kPoll, Fit::fails,
     "readers who were away get the latest message alone"},
    {ComparedNeed::offline, kWs | kMqtt0, Fit::fails,
     "what is sent while a reader is away is lost"},
    {ComparedNeed::exactly_once, kPoll, Fit::fails, "only the latest message is seen"},
    {ComparedNeed::exactly_once, kWs | kMqtt0, Fit::fails,
     "what is sent while a reader is away is lost"},
    {ComparedNeed::exactly_once, kMqtt1, Fit::fails,
     "what was not acknowledged before a cut comes again"},
    {ComparedNeed::exactly_once, kWindows | kSse | kWsHub, Fit::with_a_price,
     "readers go on after the id that they have, but a publisher that sends again after a failure "
     "makes a second message"},
    {ComparedNeed::proxies, kSse, Fit::with_a_price,
     "a proxy may hold a stream back or end it, and then it is resumed"},
    {ComparedNeed::proxies, kWs | kWsHub, Fit::with_a_price,
     "the proxy has to let the upgrade through, or TLS has to go past it"},
    {ComparedNeed::proxies, kMqtt, Fit::fails, "it is not HTTP, and its port is often closed"},
};

constexpr std::array<std::string_view, kComparedNeeds> kMeanings = {
    "readers send by it as well",
    "it carries bytes as they are",
    "browsers have it without a library",
    "readers who were away get what they missed",
    "no message is lost, and none comes twice",
    "it passes proxies that know HTTP alone",
};

}  // namespace

NeedFit fit_of(ComparedNeed need, ComparedWay way) {
  for (const Row& row : kRows)
    if (row.need == need && (row.ways & bit(way)) != 0) return {row.fit, row.words};
  return {};
}

std::string_view meaning_of(ComparedNeed need) {
  return kMeanings[static_cast<std::size_t>(need)];
}

}  // namespace rt
