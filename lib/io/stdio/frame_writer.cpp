#include "io/stdio/frame_writer.hpp"

#include <unistd.h>

#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::uint64_t kToldOneByOne = 10;

std::string_view end_of(FramingKind kind) {
  if (kind == FramingKind::lines) return "a newline";
  return kind == FramingKind::null_byte ? "a NUL byte" : "the delimiter";
}

// The first characters of what names a message; all of it comes from the network.
std::string named(const Message& message) {
  std::string text = message.id.empty() ? "a message" : "message " + printable(message.id);
  if (!message.channel.empty()) text += " of " + printable(message.channel);
  return text;
}

}  // namespace

Framing framing_for(int descriptor, Framing framing) {
  framing.visible = framing.escape != Escape::none && framing.kind != FramingKind::raw &&
                    framing.kind != FramingKind::length_prefix && isatty(descriptor) == 1;
  return framing;
}

FrameWriter::FrameWriter(const Framing& framing, std::optional<Transport> proto, std::string who)
    : kind_(framing.kind),
      escape_(framing.escape),
      has_format_(framing.format != nullptr),
      shows_time_(has_format_ && framing.format->shows_time()),
      who_(std::move(who)),
      encoder_(framing, proto) {}

void FrameWriter::append(std::string& out, const Message& message) {
  FrameFate fate = FrameFate::whole;
  if (shows_time_ && message.time == WallTime{}) {
    Message timed = message;
    timed.time = wall_now();
    fate = encoder_.append(out, timed);
  } else {
    fate = encoder_.append(out, message);
  }
  if (fate == FrameFate::split && !told_split_) tell_split();
  if (fate == FrameFate::refused) tell_refused(message);
}

Result<void> FrameWriter::verdict() const {
  if (refused_ == 0) return {};
  const std::string number = std::to_string(refused_);
  return Error(
      Fault::lost,
      who_ + ": " + number + (refused_ == 1 ? " message was" : " messages were") + " not written");
}

void FrameWriter::tell_split() {
  told_split_ = true;
  std::string text = who_ + ": a message has " + std::string(end_of(kind_)) +
                     " in it and reads as several (--escape backslash";
  const bool lines = kind_ == FramingKind::lines;
  if (lines) text += has_format_ ? " or --null" : ", --null";
  if (!has_format_) text += " or --json";
  Log::warn(text + " keeps it whole; --escape none ends this warning)");
}

void FrameWriter::tell_refused(const Message& message) {
  if (++refused_ > kToldOneByOne) return;
  std::string text = who_ + ": " + named(message) + " is not written: ";
  if (kind_ == FramingKind::length_prefix)
    text += "it is too long";
  else if (escape_ == Escape::backslash)
    text += "it has the delimiter in it where no escape can stand (use another --delimiter)";
  else
    text += "it has " + std::string(end_of(kind_)) + " in it (--escape backslash writes it)";
  if (refused_ == kToldOneByOne) text += "; the next ones are only counted";
  Log::warn(text);
}

}  // namespace rt
