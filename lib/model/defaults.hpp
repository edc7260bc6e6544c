#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.hpp"

// What holds where the user says nothing. The help prints the same, and whoever makes options of a
// layer without the command line (a test, a fuzz target) gets the same. The units are bytes.
namespace rt::defaults {

// --- messages

// The payload of one message, whichever way it goes: a few of them have to fit into memory at once.
inline constexpr std::size_t kMaxMessage = 16u << 20;
// The longest body of HTTP that may bring messages of so many bytes: an envelope is longer than the
// message in it, and others may stand before it.
constexpr std::size_t body_for(std::size_t max_message) {
  return max_message + max_message / 2 + (1u << 20);
}
inline constexpr std::size_t kMaxBody = body_for(kMaxMessage);

// --- what a hub keeps

// All logs together, and what is held for peers: a part of the memory of the smallest machines that
// serve many.
inline constexpr std::size_t kMemory = 256u << 20;
// Of each channel: what somebody who was away for some minutes has missed.
inline constexpr std::size_t kHistory = 1000;
// The longest message must fit, and no channel may take all of kMemory.
inline constexpr std::size_t kHistoryBytes = kMaxMessage;
// Strangers may name channels and open connections: the bookkeeping of so many is bearable.
inline constexpr std::size_t kMaxChannels = 100'000;
inline constexpr std::size_t kMaxConnections = 100'000;
// A relay keeps so much of a source that cannot be held back.
inline constexpr std::size_t kBuffer = 16u << 20;

// --- time

// From the name's look-up to the other side's first answer: what a slow network needs at the worst.
inline constexpr Milliseconds kConnectTimeout = 30s;
// Between two attempts, at the most: who is back is noticed soon, who is away is not hammered.
inline constexpr Milliseconds kMostPause = 30s;
// A WebSocket's pings and an event stream's heartbeats: more often than the shortest usual limit
// of proxies and of address translation (30 s).
inline constexpr Milliseconds kPingInterval = 15s;
// Pings that are messages: exchanges close after 30 s.
inline constexpr Milliseconds kPingMessageInterval = 20s;
// MQTT's keep alive: what brokers and their clients are used to.
inline constexpr std::chrono::seconds kMqttKeepalive{60};
// Short polling, from request to request.
inline constexpr Milliseconds kPollInterval = 5s;
// How long one long poll waits: shorter than the usual limit of proxies for an answer (60 s).
inline constexpr std::size_t kMostPages = 10;  // of one answer, after the first
inline constexpr Milliseconds kLongPollWait = 30s;
// How long a browser waits before it reconnects an event stream.
inline constexpr Milliseconds kSseRetry = 2s;
// How long a pipe, and a relay both ways, waits for answers after the end of its input.
inline constexpr Milliseconds kLinger = 1s;

}  // namespace rt::defaults
