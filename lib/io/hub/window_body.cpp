#include "io/hub/window_body.hpp"

#include <algorithm>
#include <utility>

#include "codec/rt_v1.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/wire.hpp"

namespace rt {
namespace {

constexpr std::size_t kPayloadPiece = 5u << 10;  // becomes six times that at most

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
  return body_.size() >= kMost || room(1) == 0;
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

void WindowBody::begin_middle(const Hub& hub, const Entry& entry, const SharedBytes& payload) {
  begin_line();
  last_ = hub.id_of(entry);
  ++messages_;
  middle_ = std::make_unique<Middle>(
      Middle{payload, v1::MessagePieces(entry.message, v1::Saying::envelope, to_string(last_),
                                        entry.home().name())});
}

void WindowBody::go_on(std::size_t most) {
  while (middle_ && body_.size() < most) {
    const std::size_t before = body_.size();
    if (middle_->pieces.next(body_, kPayloadPiece))
      middle_->made += body_.size() - before;
    else
      middle_.reset();
  }
}

void WindowBody::add_window(Hub& hub, Channel& channel, std::uint64_t& position, std::uint64_t end,
                            std::size_t most) {
  go_on(most);
  if (middle_) return;
  if (const std::uint64_t missed = std::min(channel.missed_before(position), end - position);
      missed > 0) {
    add_gap(messages_ > 0 ? to_string(last_) : std::string(), missed);
    position += missed;
  }
  for (; position < end && !middle_ && body_.size() < most && room(1) > 0; ++position) {
    Entry& entry = channel.at(position);
    if (const SharedBytes* const payload = payload_for_pieces(hub, channel, entry)) {
      begin_middle(hub, entry, *payload);
      go_on(most);
    } else {
      add(*entry.message, hub.id_of(entry), channel.name());
    }
  }
}

}  // namespace rt
