#include "conversation_wiring.hpp"

#include <fcntl.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "read_all.hpp"

namespace rt {
namespace {

WsOpeningStep sent(std::string payload, bool binary) {
  auto message = std::make_shared<Message>();
  message->kind = binary || !valid_utf8(payload) ? PayloadKind::binary : PayloadKind::text;
  message->payload = std::move(payload);
  return {std::move(message), std::nullopt};
}

Result<std::string> content_of_file(const std::string& option, const std::string& path,
                                    std::size_t most) {
  const std::string name = option + " @" + printable(path, 256);
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  std::string bytes;
  const int failed = fd < 0 ? errno : read_all(fd, most + 1, bytes);
  if (failed != 0) return system_error(Fault::usage, name + ": cannot read", failed);
  if (bytes.size() > most)
    return Error(Fault::usage,
                 name + " is longer than --max-message (" + std::to_string(most) + " bytes)");
  return bytes;
}

Result<std::string> content_of(const OpeningStep& step, std::size_t most) {
  if (!step.from_file) return step.text;
  const bool text = step.kind == OpeningStep::Kind::send;
  return content_of_file(text ? "--send" : "--send-binary", step.text, most);
}

void add_lines(std::string_view text, std::vector<WsOpeningStep>& out) {
  for (std::string_view line : split(text, '\n')) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) out.push_back(sent(std::string(line), false));
  }
}

}  // namespace

Result<std::optional<DialectOptions>> dialect_of(const Options& options) {
  if (options.dialect.kind == DialectKind::none) return std::optional<DialectOptions>();
  DialectOptions out;
  out.name = options.dialect;
  out.most = options.max_message;
  out.acks = options.ack;
  out.ends = options.verb == Verb::sub;
  if (options.verb != Verb::sub && options.events.size() == 1) out.event = options.events.front();
  out.joining = options.joining;
  if (options.joining.starts_with('@')) {
    Result<std::string> content =
        content_of_file("--join", options.joining.substr(1), options.max_message);
    if (!content) return content.error();
    while (content->ends_with('\n') || content->ends_with('\r')) content->pop_back();
    out.joining = *std::move(content);
  }
  if (Result<void> checked = check_joining(out); !checked) return checked.error().within("--join");
  return std::optional<DialectOptions>(std::move(out));
}

Result<WsConversation> conversation_of(const Options& options) {
  WsConversation out;
  for (const OpeningStep& step : options.opening) {
    if (step.kind == OpeningStep::Kind::await) {
      Result<Pattern> awaited = Pattern::parse(step.text);
      if (!awaited) return awaited.error();
      out.opening.push_back({nullptr, *std::move(awaited)});
      continue;
    }
    Result<std::string> content = content_of(step, options.max_message);
    if (!content) return content.error();
    const bool one = options.dialect.kind == DialectKind::graphql_ws;
    if (step.from_file && step.kind == OpeningStep::Kind::send && !one)
      add_lines(*content, out.opening);
    else
      out.opening.push_back(sent(*std::move(content), step.kind == OpeningStep::Kind::send_binary));
  }
  for (const std::string& text : options.rejections) {
    Result<Pattern> pattern = Pattern::parse(text);
    if (!pattern) return pattern.error();
    out.rejections.push_back(*std::move(pattern));
  }
  for (const std::string& text : options.answers) {
    Result<AnswerRule> rule = AnswerRule::parse(text);
    if (!rule) return rule.error();
    out.answers.push_back(*std::move(rule));
  }
  out.ping = options.ping_message;
  out.ping_interval = options.ping_message_interval;
  return out;
}

}  // namespace rt
