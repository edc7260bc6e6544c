#include <doctest/doctest.h>

#include <memory>
#include <optional>

#include "base/random.hpp"
#include "engine/hub.hpp"
#include "reference_hub.hpp"

using namespace rt;

namespace {

struct Pair {
  explicit Pair(HubLimits limits) : hub(limits, kStartId), reference(limits) {}

  Hub hub;
  ReferenceHub reference;

  // Every difference, as text; empty when the two agree.
  std::string difference() {
    std::string out;
    std::string_view of;
    const auto compare = [&](const char* what, std::uint64_t got, std::uint64_t wanted) {
      if (got != wanted)
        out += std::string(of) + what + " " + std::to_string(got) + " not " +
               std::to_string(wanted) + "; ";
    };
    compare("channels", hub.channel_count(), reference.channels.size());
    compare("memory", hub.memory_used(), reference.memory());
    compare("evicted", hub.evicted(), reference.evicted);
    compare("dropped floor", hub.dropped_floor(), reference.dropped_floor);
    compare("last", hub.last_sequence(), reference.last);
    for (const auto& [name, log] : reference.channels) {
      Channel* const channel = hub.find(name);
      of = name;
      if (channel == nullptr) {
        out += name + " is gone; ";
        continue;
      }
      compare(" begin", channel->begin(), log.begin);
      compare(" size", channel->size(), log.window.size());
      compare(" floor", channel->floor(), log.floor);
      compare(" readers", channel->readers().size(), log.readers);
      if (channel->size() != log.window.size()) continue;
      for (std::size_t i = 0; i < log.window.size(); ++i) {
        const Entry& entry = channel->at(log.begin + i);
        compare(" sequence", entry.sequence, log.window[i].sequence);
        if (entry.message->payload != log.window[i].payload) out += name + " payload; ";
      }
    }
    return out;
  }

  // A start behind `id` against all that was ever published under the name.
  std::string wrong_start(const std::string& name, MessageId id) {
    Channel& channel = *hub.find(name);
    const ReferenceHub::Log& log = reference.channels.at(name);
    const Start start = channel.after(id);
    const bool known = id.epoch == kEpoch && id.sequence <= reference.last;
    std::uint64_t lost = 0;
    for (const std::uint64_t sequence : reference.published[name])
      if (sequence > id.sequence && sequence <= log.floor) ++lost;
    std::uint64_t behind = log.begin;
    for (const ReferenceHub::Item& item : log.window)
      if (known && item.sequence <= id.sequence) ++behind;
    if (start.position != behind) return "position";
    if (start.gap != (!known || id.sequence < log.floor)) return "gap";
    if (known && lost > 0 && !start.gap) return "a hidden loss";
    if (start.missed && *start.missed != lost) return "missed";
    return "";
  }
};

struct Follower {
  Reader reader;
  std::string name;
  std::uint64_t expected = 0;  // the position that it has read up to
};

// One random life; gives the first difference, or nothing.
std::string live(HubLimits limits, std::uint64_t seed, int steps) {
  Pair pair(limits);
  Random random(seed);
  const auto below = [&](std::uint64_t n) { return random.next() % n; };
  std::vector<std::unique_ptr<Follower>> followers;
  SteadyTime now = kStart;
  for (int step = 0; step < steps; ++step) {
    const std::string name = "/c" + std::string(below(3) * 20, 'n') + std::to_string(below(6));
    Channel* const channel = pair.hub.find(name);
    const auto place = pair.reference.channels.find(name);
    now += Milliseconds(below(4));
    std::string wrong;
    switch (below(12)) {
      case 0:
      case 1:
      case 2:
      case 3: {
        const std::string payload(below(8) * below(40), static_cast<char>('a' + below(26)));
        const bool got = publish(pair.hub, name, message_of(payload), now, nullptr) != nullptr;
        if (got != pair.reference.publish(name, payload, now)) wrong = "publish";
        break;
      }
      case 4:
        if ((pair.hub.open(name) == nullptr) != (pair.reference.open(name) == nullptr))
          wrong = "open";
        break;
      case 5:
        if (channel != nullptr && !channel->empty()) {
          const std::size_t at = below(channel->size());
          const std::size_t slot = below(kWireSlots);
          const std::size_t size = 16 + below(300);
          pair.hub.keep_wire(channel->at(channel->begin() + at), slot,
                             share(std::string(size, 'w')));
          static std::map<std::size_t, std::size_t> known;
          if (known[size] == 0) known[size] = wire_cost(size);
          pair.reference.keep_wire(place->second.window[at], slot, known[size]);
        }
        break;
      case 6:
        pair.hub.expire(now);
        pair.reference.expire(now);
        if (below(2) == 0) {
          pair.hub.drop_left();
          pair.reference.drop_left();
        }
        break;
      case 7:
        if (channel != nullptr && followers.size() < 12) {
          auto follower = std::make_unique<Follower>();
          follower->name = name;
          follower->expected = below(2) == 0 ? channel->live().position : channel->begin();
          channel->attach(follower->reader, follower->expected);
          ++place->second.readers;
          followers.push_back(std::move(follower));
        }
        break;
      case 8:
        if (!followers.empty()) {
          const auto which = static_cast<std::ptrdiff_t>(below(followers.size()));
          pair.reference.detach(followers[static_cast<std::size_t>(which)]->name);
          followers.erase(followers.begin() + which);
        }
        break;
      case 9:
        if (channel != nullptr) {
          channel->dirty = below(3) == 0;
          place->second.dirty = channel->dirty;
        }
        break;
      case 10:
        if (!followers.empty()) {
          Follower& one = *followers[below(followers.size())];
          const ReferenceHub::Log& log = pair.reference.channels.at(one.name);
          Channel& of = *one.reader.channel();
          const std::uint64_t missed =
              log.begin > one.expected ? log.begin - one.expected : std::uint64_t{0};
          if (of.missed_before(one.reader.position) != missed) wrong = "missed_before";
          one.expected += missed;
          if (one.expected < of.end()) one.expected += below(of.end() - one.expected) + 1;
          one.reader.position = one.expected;
        }
        break;
      default:
        if (channel != nullptr) {
          const std::uint64_t epoch = below(10) == 0 ? kEpoch ^ below(4) : kEpoch;
          wrong = pair.wrong_start(name, {epoch, below(pair.reference.last + 3)});
        }
    }
    if (wrong.empty()) wrong = pair.difference();
    if (!wrong.empty()) return "step " + std::to_string(step) + " on " + name + ": " + wrong;
  }
  return "";
}

}  // namespace

TEST_CASE("hub: random lives agree with a plain reference") {
  struct Row {
    const char* what;
    HubLimits limits;
  };
  const Row rows[] = {
      {"roomy", {1 << 20, 50, 1 << 20, std::nullopt, 100, 1000}},
      {"short windows", {1 << 20, 3, 1 << 20, std::nullopt, 100, 1000}},
      {"few bytes a channel", {1 << 20, 50, 3000, std::nullopt, 100, 1000}},
      {"age", {1 << 20, 50, 1 << 20, 60ms, 100, 1000}},
      {"few channels", {1 << 20, 10, 1 << 20, std::nullopt, 5, 1000}},
      {"little memory", {20'000, 20, 1 << 20, std::nullopt, 100, 1000}},
      {"less memory than the channels need", {3'000, 20, 1 << 20, std::nullopt, 100, 1000}},
      {"all at once", {16'000, 6, 4'000, 90ms, 7, 1000}},
  };
  for (const Row& row : rows) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      CAPTURE(row.what);
      CAPTURE(seed);
      CHECK(live(row.limits, seed, 2'500) == "");
    }
  }
}
