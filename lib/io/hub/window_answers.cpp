#include "io/hub/window_answers.hpp"

#include <algorithm>
#include <utility>

#include "codec/content_type.hpp"
#include "codec/rt_v1.hpp"
#include "io/hub/answers.hpp"
#include "io/hub/wire.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostBody = WindowBody::kMost;

}  // namespace

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

bool WindowAnswers::grows(Channel& channel, std::uint64_t position) {
  position = std::max(position, channel.begin());
  if (position >= channel.end()) return false;
  const std::uint64_t sequence = channel.back().sequence;
  if (position == asked_position_ && sequence == asked_sequence_) return grows_;
  asked_position_ = position;
  asked_sequence_ = sequence;
  grows_ = false;
  for (; position < channel.end() && !grows_; ++position)
    grows_ = payload_for_pieces(hub_, channel, channel.at(position)) != nullptr;
  return grows_;
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
  fields.add("Vary", "Accept");
  if (!message.event.empty()) fields.add("RT-Event", message.event);
  if (!message.origin_id.empty()) fields.add("RT-Origin-Id", message.origin_id);
  for (const std::string& relay : message.via) fields.add("RT-Via", relay);
  fields.add(kGuard);
  return latest_;
}

}  // namespace rt
