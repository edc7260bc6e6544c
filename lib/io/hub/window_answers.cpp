#include "io/hub/window_answers.hpp"

#include <algorithm>
#include <utility>

#include "codec/content_type.hpp"
#include "codec/rt_v1.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/wire.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBody = 8u << 20;

}  // namespace

WindowBody::WindowBody(ReadForm form, std::optional<std::uint64_t> limit)
    : limit_(limit), form_(form) {
  if (form_ == ReadForm::json_array) body_ += '[';
}

void WindowBody::begin_line() {
  if (lines_++ > 0) body_ += form_ == ReadForm::json_array ? ",\n" : "\n";
}

void WindowBody::add_gap(std::string_view from, std::optional<std::uint64_t> missed) {
  gap_ = true;
  begin_line();
  v1::append_gap(body_, from, missed);
}

void WindowBody::add(const Message& message, const MessageId& id, std::string_view channel) {
  begin_line();
  append_envelope(body_, message, id, channel);
  ++messages_;
}

bool WindowBody::full() const {
  return body_.size() >= kMostBody || (limit_ && messages_ >= *limit_);
}

std::size_t WindowBody::room(std::size_t most) const {
  if (!limit_) return most;
  return static_cast<std::size_t>(std::min<std::uint64_t>(most, *limit_ - messages_));
}

Response WindowBody::finish(const MessageId& cursor) {
  const bool array = form_ == ReadForm::json_array;
  if (array)
    body_ += "]\n";
  else if (lines_ > 0)
    body_ += '\n';
  Response response;
  response.body = std::move(body_);
  http::Fields& fields = response.fields;
  fields.add("Content-Type", array ? "application/json" : "application/x-ndjson");
  fields.add("RT-Next", to_string(cursor));
  if (gap_) fields.add("RT-Gap", "true");
  fields.add("Cache-Control", "no-store");
  fields.add(kGuard);
  return response;
}

Response WindowAnswers::window(Channel* channel, const Start& start, std::string_view from,
                               ReadForm form, std::optional<std::uint64_t> limit) {
  WindowBody body(form, limit);
  if (start.gap) {
    body.add_gap(from, start.missed);
    ++counts_.gaps;
  }
  if (channel == nullptr) return body.finish({hub_.epoch(), hub_.dropped_floor()});
  return body.finish(body.add_window(hub_, *channel, start.position));
}

MessageId WindowBody::add_window(const Hub& hub, Channel& channel, std::uint64_t position) {
  MessageId cursor = hub.cursor_of(channel);
  for (; position < channel.end() && !full(); ++position) {
    const Entry& entry = channel.at(position);
    cursor = hub.id_of(entry);
    add(*entry.message, cursor, channel.name());
  }
  return cursor;
}

const Response& WindowAnswers::latest(Channel& channel) {
  const Entry& entry = channel.back();
  if (latest_channel_ == &channel && latest_sequence_ == entry.sequence) return latest_;
  const Message& message = *entry.message;
  const std::string id = to_string(hub_.id_of(entry));
  latest_channel_ = &channel;
  latest_sequence_ = entry.sequence;
  latest_etag_ = "\"" + id + "\"";
  latest_ = {};
  latest_.body = message.payload;
  http::Fields& fields = latest_.fields;
  fields.add("Content-Type", content_type_of(message));
  fields.add("ETag", latest_etag_);
  fields.add("RT-Id", id);
  fields.add("RT-Next", id);
  fields.add("Cache-Control", "no-cache");
  if (!message.event.empty()) fields.add("RT-Event", message.event);
  if (!message.origin_id.empty()) fields.add("RT-Origin-Id", message.origin_id);
  for (const std::string& relay : message.via) fields.add("RT-Via", relay);
  fields.add(kGuard);
  return latest_;
}

}  // namespace rt
