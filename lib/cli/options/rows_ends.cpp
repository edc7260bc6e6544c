#include "base/text.hpp"
#include "cli/options/rows.hpp"
#include "model/command_words.hpp"
#include "model/json_pointer.hpp"

// What the ends of a relay do with messages.
namespace rt::cli {
namespace {

constexpr Scope kRouteOnly = {kRelay, kRoute};

Problem read_ack(Options& options, std::string_view text) {
  if (text != "read" && text != "line") return "must be read or line";
  options.ack_lines = text == "line";
  return {};
}

Problem read_pointer(std::string_view text, std::optional<std::string>& value) {
  if (const auto pointer = JsonPointer::parse(text); !pointer) return pointer.error().text();
  value = text;
  return {};
}

template <auto Member>
constexpr Binding pointer() {
  return {
      [](Options& options, std::string_view text) { return read_pointer(text, options.*Member); },
      nullptr};
}

Problem read_words(std::string_view text, std::string& value) {
  if (const auto words = split_command(text); !words) return words.error().text();
  value = text;
  return {};
}

Problem read_set_property(std::string_view text, std::pair<std::string, std::string>& value) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return "not a property such as NAME=VALUE";
  if (!valid_utf8(text) || text.find('\0') != std::string_view::npos)
    return "not UTF-8 without NUL";
  value = {std::string(text.substr(0, equals)), std::string(text.substr(equals + 1))};
  return {};
}

// "100", "2s", "100,2s".
Problem read_batch(Options& options, std::string_view text) {
  constexpr const char* kWrong =
      "not a number of messages, a time or both, such as 100, 2s or 100,2s";
  Options::Batch batch;
  for (const std::string_view part : split(text, ',')) {
    if (const auto number = parse_uint(part)) {
      if (*number == 0) return "must be at least 1";
      batch.messages = static_cast<std::size_t>(*number);
      continue;
    }
    if (!read_duration(part, 1ms, batch.time).empty()) return kWrong;
  }
  options.batch = batch;
  return {};
}

// "10/s", "5/m", "100/h", "2/500ms".
Problem read_rate(Options& options, std::string_view text) {
  constexpr const char* kWrong = "not a rate such as 10/s, 600/m or 1/500ms";
  const std::size_t slash = text.find('/');
  const auto number = parse_uint(text.substr(0, slash));
  if (slash == std::string_view::npos || !number || *number == 0 || *number > 1'000'000'000)
    return kWrong;
  std::string period(text.substr(slash + 1));
  if (!period.empty() && (period[0] < '0' || period[0] > '9')) period.insert(0, "1");
  Milliseconds value{};
  if (!read_duration(period, 1ms, value).empty()) return kWrong;
  options.rate = Options::AtMost{*number, value};
  return {};
}

// "100MiB", "100MiB:5".
Problem read_rotate(Options& options, std::string_view text) {
  const std::size_t colon = text.find(':');
  Options::Rotate rotate;
  std::uint64_t bytes = 0;
  if (Problem problem = read_size(text.substr(0, colon), 1, kMostBytes, bytes); !problem.empty())
    return problem;
  rotate.bytes = bytes;
  if (colon != std::string_view::npos) {
    const auto number = parse_uint(text.substr(colon + 1));
    if (!number || *number == 0 || *number > 10'000)
      return "a number of files from 1 to 10000 stands behind the colon: 100MiB:5";
    rotate.files = static_cast<std::size_t>(*number);
  }
  options.rotate = rotate;
  return {};
}

constexpr OptionRow kRows[] = {
    {.name = "pick",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kAllEnds),
     .arity = Arity::value,
     .value = "POINTER",
     .summary = "Send this part of each JSON payload",
     .text = "A JSON pointer, such as /data/value; what has no such part is left out.",
     .from_environment = false,
     .binding = pointer<&O::pick>()},
    {.name = "each-key",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kAllEnds),
     .arity = Arity::value,
     .value = "POINTER",
     .summary = "Send each member of a JSON object by itself",
     .text =
         "Of the object there ('' for the whole payload), each under its own topic: that of the "
         "message, a slash and the key.",
     .from_environment = false,
     .binding = pointer<&O::each_key>()},
    {.name = "transform",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kAllEnds),
     .arity = Arity::value,
     .value = "CMD",
     .completes = Completes::command,
     .summary = "Send what a command makes of each payload",
     .text =
         "It keeps running, and writes a line for each line that it reads, at once (jq: "
         "--unbuffered); an empty one leaves the message out. When it dies it is started again, "
         "and what it had not answered is sent again; a message that it dies of five times is "
         "refused.",
     .from_environment = false,
     .binding = string<&O::transform, read_words>()},
    {.name = "envelope",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kRemoteEnds),
     .summary = "Send each message as a JSON envelope",
     .text = "Its topic, content type and all else that is known of it are in the payload then.",
     .binding = flag<&O::envelope>()},
    {.name = "set-property",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kAllEnds),
     .arity = Arity::list,
     .value = "PROPERTY",
     .summary = "Give messages this property (repeatable)",
     .text = "NAME=VALUE, in the place of what they have under that name.",
     .from_environment = false,
     .binding = list<&O::set_properties, read_set_property>()},
    {.name = "set-content-type",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kAllEnds),
     .arity = Arity::value,
     .value = "TYPE",
     .summary = "Give all messages this media type",
     .text = "Those that have one, too; --content-type is for those that have none.",
     .binding = string<&O::set_content_type, read_media_type>()},
    {.name = "topic-header",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kPostEnds),
     .arity = Arity::value,
     .value = "NAME",
     .summary = "Send each POST's topic in this header",
     .text = "Other ways to keep it are %c in the URL (http://h/hook/%c) and --envelope.",
     .binding = string<&O::topic_header, read_token>()},
    {.name = "batch",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kPostEnds),
     .arity = Arity::value,
     .value = "AMOUNT",
     .summary = "POST several messages at once",
     .text = "One a line: up to so many (100), those of a time (2s), or both (100,2s). Without a "
             "number "
             "up to 1000, without a time those of a second.",
     .binding = {read_batch, nullptr}},
    {.name = "rate",
     .group = Group::relay,
     .scope = kRouteOnly,
     .also = {kRelay, kCompare},
     .ends = as_sink(kAllEnds),
     .arity = Arity::value,
     .value = "RATE",
     .summary = "Send no faster",
     .text = "10/s, 600/m or 1/500ms. The sources wait meanwhile, or --buffer does. In compare the "
             "rate of all publishers together, 10/s without it.",
     .binding = {read_rate, nullptr}},
    {.name = "ack-by",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(end_bit(EndKind::exec)),
     .arity = Arity::value,
     .value = "WHEN",
     .choices = "read line",
     .summary = "When a command has a message: exec:",
     .text =
         "Only then it is acknowledged at its source. read: the command has read it. line: it has "
         "written a line, whatever it says, one for each message.",
     .binding = {read_ack, nullptr}},
    {.name = "rotate",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_sink(kFileEnd),
     .arity = Arity::value,
     .value = "LENGTH",
     .summary = "Begin a new file at this size: file:",
     .text =
         "100MiB, or 100MiB:5: the old one becomes PATH.1, that PATH.2 and so on; so many of them "
         "are kept, 5 unless said.",
     .binding = {read_rotate, nullptr}},
    {.name = "from-start",
     .group = Group::relay,
     .scope = kRouteOnly,
     .ends = as_source(kFileEnd),
     .summary = "Read what the file has already: file:",
     .text = "Without it only what is added from now on.",
     .binding = flag<&O::from_start>()},
};

}  // namespace

std::span<const OptionRow> end_rows() {
  return kRows;
}

}  // namespace rt::cli
