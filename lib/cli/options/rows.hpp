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
inline constexpr std::uint8_t kReads = kSub | kPipe;
inline constexpr std::uint8_t kSends = kPub | kPipe;
inline constexpr std::uint8_t kClient = kSub | kPub | kPipe;
inline constexpr std::uint8_t kAny = kClient | kServe | kRoute;

using O = Options;

}  // namespace rt::cli
