#include "handling_wiring.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "end_wiring.hpp"
#include "model/command_words.hpp"

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

bool is_own(const Options& own, std::string_view name) {
  return std::find(own.of_endpoint.begin(), own.of_endpoint.end(), name) != own.of_endpoint.end();
}

std::optional<JsonPointer> pointer_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  const auto parsed = JsonPointer::parse(*text);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// By POST.
bool is_posted_to(const EndOptions& end) {
  const Kind kind = end.endpoint.kind;
  return end.endpoint.is_remote() && kind != Kind::ws && kind != Kind::mqtt;
}

// Of the messages that go to the sink; what is said of all is for the sources to carry out.
Result<void> fill_selection(const Options& own, EndUse use, ShapeOptions& shape) {
  constexpr std::string_view kNames[] = {"select", "where", "event", "changes", "diff"};
  const bool said = std::any_of(std::begin(kNames), std::end(kNames),
                                [&](std::string_view name) { return is_own(own, name); });
  if (!said || use.read) return {};
  Result<SelectionOptions> selection = selection_of(own);
  if (!selection) return selection.error();
  shape.selection = *std::move(selection);
  shape.selection.envelopes = false;
  return {};
}

Result<void> fill_sink(EndOptions& end, const Options& own, EndUse use) {
  if (own.batch && is_posted_to(end)) {
    end.publish.batch = end.handling.gather = own.batch->messages;
    end.handling.gather_time = own.batch->time;
  }
  end.publish.topic_header = own.topic_header;
  end.publish.asks_first = false;
  end.publish.keys = true;
  // It is connected to only when a message comes, perhaps days after the start.
  if (is_posted_to(end) && !own.no_reconnect) end.reconnect.retry_first = true;

  ShapingSink::Options& shaping = end.handling.shaping;
  ShapeOptions& shape = shaping.shape;
  if (auto filled = fill_selection(own, use, shape); !filled) return filled;
  if (!own.transform.empty()) {
    Result<std::vector<std::string>> words = split_command(own.transform);
    if (!words) return words.error().within("--transform");
    shape.transform = *std::move(words);
  }
  shape.pick = pointer_of(own.pick);
  shape.each_key = pointer_of(own.each_key);
  const Kind kind = end.endpoint.kind;
  if (kind == Kind::ws || kind == Kind::mqtt) shape.send_as = own.send_as;
  shape.content_type = own.set_content_type;
  shape.properties = own.set_properties;
  if (is_own(own, "retain") && (own.retain || own.never_retain)) shape.retain = own.retain;
  shape.envelope = own.envelope && end.endpoint.is_remote();
  if (own.rate) shaping.rate = Rate{own.rate->number, own.rate->period};
  return {};
}

// Of a source: where it ended the last time.
Result<void> take_state(EndOptions& end, const Options& own) {
  const Kind kind = end.endpoint.kind;
  const bool keeps = kind == Kind::poll || kind == Kind::sse || kind == Kind::ws;
  if (own.state.empty() || !keeps) return {};
  if (kind == Kind::ws && !own.hub)
    return Error(Fault::usage,
                 "--state needs --hub: other WebSockets cannot go on where one ended");
  Result<std::unique_ptr<StateFile>> file = StateFile::open(own.state, end.name);
  if (!file) return file.error();
  end.handling.state = *std::move(file);
  go_on(end.handling.state->found(), end);
  return {};
}

}  // namespace

Result<void> fill_handling(EndOptions& end, const Options& own, EndUse use) {
  end.from_start = own.from_start;
  if (own.rotate) end.rotation = {own.rotate->bytes, own.rotate->files};
  if (use.read) {
    end.handling.allow_doubles = own.allow_doubles;
    Result<SelectionOptions> selection = selection_of(own);
    if (!selection) return selection.error();
    selection->envelopes = false;
    if (!Selection(*selection).idle()) end.handling.selection = *std::move(selection);
    if (auto taken = take_state(end, own); !taken) return taken;
  }
  return use.write ? fill_sink(end, own, use) : Result<void>();
}

}  // namespace rt
