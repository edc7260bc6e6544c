#include "io/hub/window_answers.hpp"

#include <algorithm>
#include <utility>

#include "codec/content_type.hpp"
#include "codec/rt_v1.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/wire.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBody = 1u << 20;

}  // namespace

MessageId cursor_before(const Hub& hub, Channel& channel, std::uint64_t position) {
  if (position >= channel.end()) return hub.cursor_of(channel);
  if (position <= channel.begin()) return hub.id_of(channel.floor());
  return hub.id_of(channel.at(position - 1));
}

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
  last_ = id;
  ++messages_;
}

bool WindowBody::full() const {
  return body_.size() >= kMostBody || room(1) == 0;
}

std::size_t WindowBody::room(std::size_t most) const {
  if (!limit_) return most;
  return static_cast<std::size_t>(std::min<std::uint64_t>(most, *limit_ - messages_));
}

std::string WindowBody::take(bool last) {
  if (last && form_ == ReadForm::json_array)
    body_ += "]\n";
  else if (last && lines_ > 0)
    body_ += '\n';
  return std::exchange(body_, {});
}

http::Fields WindowBody::fields(const MessageId& cursor) const {
  http::Fields fields;
  fields.add("Content-Type",
             form_ == ReadForm::json_array ? "application/json" : "application/x-ndjson");
  fields.add("RT-Next", to_string(cursor));
  if (gap_) fields.add("RT-Gap", "true");
  fields.add("Cache-Control", "no-store");
  fields.add(kGuard);
  return fields;
}

Response WindowBody::finish(const MessageId& cursor) {
  Response response;
  response.body = take(true);
  response.fields = fields(cursor);
  return response;
}

void WindowBody::add_window(const Hub& hub, Channel& channel, std::uint64_t& position,
                            std::uint64_t end, std::size_t most) {
  if (const std::uint64_t missed = std::min(channel.missed_before(position), end - position);
      missed > 0) {
    add_gap(messages_ > 0 ? to_string(last_) : std::string(), missed);
    position += missed;
  }
  for (; position < end && body_.size() < most && room(1) > 0; ++position) {
    const Entry& entry = channel.at(position);
    add(*entry.message, hub.id_of(entry), channel.name());
  }
}

Response WindowAnswers::window(Channel* channel, const Start& start, std::string_view from,
                               ReadForm form, std::optional<std::uint64_t> limit) {
  WindowBody body(form, limit);
  if (start.gap) {
    body.add_gap(from, start.missed);
    ++counts_.gaps;
  }
  if (channel == nullptr) return body.finish({hub_.epoch(), hub_.dropped_floor()});
  std::uint64_t position = start.position;
  body.add_window(hub_, *channel, position, channel->end(), kMostBody);
  return body.finish(cursor_before(hub_, *channel, position));
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
