#include "cli/dry_run/end_sentences.hpp"

#include "base/text.hpp"
#include "cli/options/values.hpp"
#include "cli/options/wording.hpp"

namespace rt::cli {
namespace {

std::string quoted(const std::string& text) {
  return "\"" + printable(text, 256) + "\"";
}

bool says_selection(const Options& own) {
  constexpr std::string_view kNames[] = {"select", "where", "event", "changes", "diff"};
  for (const std::string& name : own.of_endpoint)
    for (const std::string_view of_selection : kNames)
      if (name == of_selection) return true;
  return false;
}

}  // namespace

void append_selection_sentences(std::string& out, const Options& own) {
  const auto say = [&](const std::string& sentence) { out += sentence + "\n"; };
  if (!own.events.empty())
    say("Pass over events but " + listed({own.events.begin(), own.events.end()}, "and") + ".");
  if (!own.where.empty())
    say("Pass over messages but those with " + listed({own.where.begin(), own.where.end()}, "and") +
        ".");
  if (!own.select.empty())
    say("Take of each payload " + listed({own.select.begin(), own.select.end()}, "and") + ".");
  if (own.diff)
    say("Write what has changed since the last message of the channel.");
  else if (own.changes)
    say("Pass over what is the same as the last message of the channel.");
}

void append_end_sentences(std::string& out, const Options& own, EndKind kind, EndWays ways) {
  const auto say = [&](const std::string& sentence) { out += sentence + "\n"; };
  const bool posts = kind == EndKind::http || kind == EndKind::poll || kind == EndKind::sse;
  if (ways.source || says_selection(own)) append_selection_sentences(out, own);
  if (ways.source) {
    if (kind == EndKind::file && own.from_start) say("Begin with what the file has already.");
    if (!own.state.empty() &&
        takes({end_bit(EndKind::poll) | end_bit(EndKind::sse) | end_bit(EndKind::ws), 0}, kind,
              ways))
      say("Go on where " + printable(own.state) + " says, and keep it up to date.");
    if (own.allow_doubles) say("Pass on what comes again, too.");
  }
  if (!ways.sink) return;
  if (!own.transform.empty()) say("Send what " + quoted(own.transform) + " makes of each payload.");
  if (own.pick) say("Send of each payload " + quoted(*own.pick) + ".");
  if (own.each_key)
    say("Send each member of " + (own.each_key->empty() ? "the payload" : quoted(*own.each_key)) +
        " under its own topic.");
  for (const auto& [name, value] : own.set_properties)
    say("Give messages the property " + quoted(name) + ".");
  if (!own.set_content_type.empty())
    say("Give messages the content type " + own.set_content_type + ".");
  if (own.envelope) say("Send each message as a JSON envelope.");
  if (posts && !own.topic_header.empty())
    say("Send each topic in the header " + own.topic_header + ".");
  if (posts && own.batch)
    say("Send up to " + std::to_string(own.batch->messages) + " messages at once, those of " +
        show_duration(own.batch->time) + ".");
  if (own.rate)
    say("Send at most " + std::to_string(own.rate->number) +
        (own.rate->number == 1 ? " message in " : " messages in ") +
        show_duration(own.rate->period) + ".");
  if (kind == EndKind::exec && own.ack_lines)
    say("Take each line that the command writes for the acknowledgement of a message.");
  if (kind == EndKind::file && own.rotate)
    say("Begin a new file at " + show_size(own.rotate->bytes) + ", and keep " +
        std::to_string(own.rotate->files) + " old ones.");
}

}  // namespace rt::cli
