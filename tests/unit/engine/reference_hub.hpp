#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hub_fixture.hpp"

namespace rt {

// What Hub promises, written as plainly as possible: every choice is a search through everything.
struct ReferenceHub {
  struct Item {
    std::uint64_t sequence = 0;
    std::string payload;
    SteadyTime appended;
    std::size_t cost = 0;
    std::map<std::size_t, std::size_t> wires;
    std::uint64_t encoded = 0;  // when it got the first of them
  };
  struct Log {
    std::vector<Item> window;
    std::uint64_t begin = 0;
    std::uint64_t floor = 0;
    std::size_t ring = 0;  // places; the hub pays for them
    std::size_t readers = 0;
    bool dirty = false;
    std::uint64_t used = 0;
    bool ever = false;       // published to
    std::uint64_t left = 0;  // when its last reader left and it had never been
  };

  explicit ReferenceHub(HubLimits its_limits) : limits(its_limits) {}

  HubLimits limits;
  std::map<std::string, Log> channels;
  std::map<std::string, std::vector<std::uint64_t>> published;  // every sequence ever, by name
  std::uint64_t last = 0;
  std::uint64_t dropped_floor = 0;
  std::uint64_t evicted = 0;
  std::uint64_t uses = 0;

  std::size_t channel_memory() const {
    std::size_t sum = 0;
    for (const auto& [name, log] : channels) sum += cost_of_name(name);
    return sum;
  }
  std::size_t memory() const {
    std::size_t sum = channel_memory();
    for (const auto& [name, log] : channels) {
      sum += log.ring * sizeof(void*);
      for (const Item& item : log.window) {
        sum += item.cost;
        for (const auto& [slot, size] : item.wires) sum += size;
      }
    }
    return sum;
  }

  void keep_wire(Item& item, std::size_t slot, std::size_t cost) {
    if (item.wires.empty()) item.encoded = ++uses;
    item.wires[slot] = cost;
  }

  Log* open(const std::string& name) {
    const auto found = channels.find(name);
    if (found == channels.end()) return make(name);
    if (found->second.readers == 0) {
      found->second.used = ++uses;
      found->second.left = 0;
    }
    return &found->second;
  }

  bool publish(const std::string& name, const std::string& payload, SteadyTime now) {
    Log* log = channels.contains(name) ? &channels.at(name) : make(name);
    if (log == nullptr) return false;
    if (log->window.size() == log->ring) log->ring = std::max<std::size_t>(4, log->ring * 2);
    log->window.push_back({++last, payload, now, cost_of_payload(payload.size()), {}, 0});
    published[name].push_back(last);
    log->ever = true;
    log->left = 0;
    if (log->readers == 0) log->used = ++uses;
    const auto bytes = [&] {
      std::size_t sum = 0;
      for (const Item& item : log->window) sum += item.cost;
      return sum;
    };
    while (log->window.size() > 1 &&
           (log->window.size() > limits.history || bytes() > limits.history_bytes ||
            too_old(log->window.front(), now)))
      evict(*log);
    enforce();
    return true;
  }

  void expire(SteadyTime now) {
    for (Log* log = oldest(); log != nullptr && too_old(log->window.front(), now); log = oldest())
      evict(*log);
    enforce();
  }

  void detach(const std::string& name) {
    Log& log = channels.at(name);
    if (--log.readers > 0) return;
    log.used = ++uses;
    log.left = log.ever ? 0 : log.used;
  }

  void drop_left() {
    for (;;) {
      auto first = channels.end();
      for (auto at = channels.begin(); at != channels.end(); ++at) {
        const Log& log = at->second;
        if (log.readers > 0 || log.left == 0) continue;
        if (first == channels.end() || log.left < first->second.left) first = at;
      }
      if (first == channels.end()) return;
      if (first->second.dirty) {
        first->second.left = 0;
        first->second.used = ++uses;
      } else {
        channels.erase(first);
      }
    }
  }

 private:
  static std::size_t cost_of_name(const std::string& name) {
    static std::map<std::size_t, std::size_t> known;
    std::size_t& cost = known[name.size()];
    if (cost == 0) cost = channel_cost(name);
    return cost;
  }
  static std::size_t cost_of_payload(std::size_t size) {
    static std::map<std::size_t, std::size_t> known;
    std::size_t& cost = known[size];
    if (cost == 0) cost = entry_cost(size);
    return cost;
  }

  bool too_old(const Item& item, SteadyTime now) const {
    return limits.history_age && now - item.appended > *limits.history_age;
  }

  Log* oldest() {
    Log* found = nullptr;
    for (auto& [name, log] : channels)
      if (!log.window.empty() &&
          (found == nullptr || log.window.front().sequence < found->window.front().sequence))
        found = &log;
    return found;
  }

  void evict(Log& log) {
    log.floor = log.window.front().sequence;
    log.window.erase(log.window.begin());
    ++log.begin;
    ++evicted;
    if (log.window.empty())
      log.ring = 0;
    else if (log.ring > 4 && log.window.size() <= log.ring / 4)
      log.ring /= 2;
    if (log.window.empty() && log.readers == 0) log.used = ++uses;
  }

  bool drop_one(bool empty) {
    // A dirty channel counts as used when it is come upon.
    for (;;) {
      auto found = channels.end();
      bool clean = false;
      for (auto at = channels.begin(); at != channels.end(); ++at) {
        if (at->second.readers > 0 || at->second.window.empty() != empty) continue;
        clean = clean || !at->second.dirty;
        if (found == channels.end() || at->second.used < found->second.used) found = at;
      }
      if (found == channels.end()) return false;
      if (!found->second.dirty) {
        while (!found->second.window.empty()) evict(found->second);
        dropped_floor = std::max(dropped_floor, found->second.floor);
        channels.erase(found);
        return true;
      }
      // All are dirty: each is come upon once, and their order stays.
      if (!clean) return false;
      found->second.used = ++uses;
    }
  }

  bool drop_encodings() {
    Item* first = nullptr;
    for (auto& [name, log] : channels)
      for (Item& item : log.window)
        if (!item.wires.empty() && (first == nullptr || item.encoded < first->encoded))
          first = &item;
    if (first != nullptr) first->wires.clear();
    return first != nullptr;
  }

  void enforce() {
    if (memory() > limits.memory) drop_left();
    while (memory() > limits.memory) {
      if (drop_encodings() || drop_one(true)) continue;
      Log* log = oldest();
      if (log == nullptr || log->window.front().sequence == newest()) return;
      evict(*log);
    }
  }

  std::uint64_t newest() const {
    std::uint64_t found = 0;
    for (const auto& [name, log] : channels)
      if (!log.window.empty()) found = std::max(found, log.window.back().sequence);
    return found;
  }

  Log* make(const std::string& name) {
    drop_left();
    const std::size_t most = limits.max_channels - limits.max_channels / 8;
    const auto idle = [this] {
      return static_cast<std::size_t>(
          std::count_if(channels.begin(), channels.end(),
                        [](const auto& one) { return one.second.readers == 0; }));
    };
    while (!channels.empty() && (channels.size() >= limits.max_channels || idle() >= most ||
                                 channel_memory() + cost_of_name(name) > limits.memory))
      if (!drop_one(true) && !drop_one(false)) return nullptr;
    Log& log = channels[name];
    log.floor = dropped_floor;
    log.used = ++uses;
    return &log;
  }
};

}  // namespace rt
