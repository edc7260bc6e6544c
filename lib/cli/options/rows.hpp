#pragma once

#include <cstdint>
#include <span>

#include "cli/options/table.hpp"

// The rows of the option table, by theme; option_table() joins them.
namespace rt::cli {

std::span<const OptionRow> stream_rows();
std::span<const OptionRow> handling_rows();
std::span<const OptionRow> recording_rows();
std::span<const OptionRow> web_rows();
std::span<const OptionRow> feed_rows();
std::span<const OptionRow> mqtt_rows();
std::span<const OptionRow> relay_rows();
std::span<const OptionRow> compare_rows();
std::span<const OptionRow> end_rows();
std::span<const OptionRow> connection_rows();
std::span<const OptionRow> network_rows();
std::span<const OptionRow> server_rows();
std::span<const OptionRow> general_rows();

inline constexpr std::uint8_t kPoll = program_bit(Program::rtpoll);
inline constexpr std::uint8_t kSse = program_bit(Program::rtsse);
inline constexpr std::uint8_t kWs = program_bit(Program::rtws);
inline constexpr std::uint8_t kMqtt = program_bit(Program::rtmqtt);
inline constexpr std::uint8_t kRelay = program_bit(Program::rtrelay);
inline constexpr std::uint8_t kWeb = kPoll | kSse | kWs;
inline constexpr std::uint8_t kClients = kWeb | kMqtt;
inline constexpr std::uint8_t kAll = kClients | kRelay;

inline constexpr std::uint8_t kSub = verb_bit(Verb::sub);
inline constexpr std::uint8_t kPub = verb_bit(Verb::pub);
inline constexpr std::uint8_t kPipe = verb_bit(Verb::pipe);
inline constexpr std::uint8_t kServe = verb_bit(Verb::serve);
inline constexpr std::uint8_t kRoute = verb_bit(Verb::relay);
inline constexpr std::uint8_t kRpc = verb_bit(Verb::rpc);
inline constexpr std::uint8_t kRun = verb_bit(Verb::run);
inline constexpr std::uint8_t kCompare = verb_bit(Verb::compare);
inline constexpr std::uint8_t kReads = kSub | kPipe;
inline constexpr std::uint8_t kSends = kPub | kPipe;
inline constexpr std::uint8_t kStreams = kSub | kPub | kPipe;
inline constexpr std::uint8_t kClient = kStreams | kRpc;
inline constexpr std::uint8_t kAny = kClient | kServe | kRoute;

// The ends of a relay that can have an option of their own.
inline constexpr std::uint16_t kStdioEnd = end_bit(EndKind::stdio);
inline constexpr std::uint16_t kPollEnd = end_bit(EndKind::poll);
inline constexpr std::uint16_t kSseEnd = end_bit(EndKind::sse);
inline constexpr std::uint16_t kWsEnd = end_bit(EndKind::ws);
inline constexpr std::uint16_t kMqttEnd = end_bit(EndKind::mqtt);
inline constexpr std::uint16_t kHttpEnd = end_bit(EndKind::http);
inline constexpr std::uint16_t kFileEnd = end_bit(EndKind::file);
inline constexpr std::uint16_t kHubEnd = end_bit(EndKind::hub);
inline constexpr std::uint16_t kBrokerEnd = end_bit(EndKind::broker);
inline constexpr std::uint16_t kPostEnds = kHttpEnd | kPollEnd | kSseEnd;
inline constexpr std::uint16_t kWebEnds = kPostEnds | kWsEnd;
inline constexpr std::uint16_t kRemoteEnds = kWebEnds | kMqttEnd;
inline constexpr std::uint16_t kMqttEnds = kMqttEnd | kBrokerEnd;
// Whose messages are told apart in a stream of bytes.
inline constexpr std::uint16_t kByteEnds = kStdioEnd | kFileEnd | end_bit(EndKind::exec);
inline constexpr std::uint16_t kAllEnds = kRemoteEnds | kByteEnds | kHubEnd | kBrokerEnd;

constexpr EndScope both_ways(std::uint16_t kinds) {
  return {kinds, kinds};
}
constexpr EndScope as_source(std::uint16_t kinds) {
  return {kinds, 0};
}
constexpr EndScope as_sink(std::uint16_t kinds) {
  return {0, kinds};
}

using O = Options;

}  // namespace rt::cli
