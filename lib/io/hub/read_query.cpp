#include "io/hub/read_query.hpp"

#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "codec/http_values.hpp"
#include "codec/list_field.hpp"
#include "model/message_id.hpp"

namespace rt {
namespace {

constexpr Milliseconds kMostWait = 300s;

// RFC 7240 section 2: an unknown or malformed preference is passed over, and of several of one name
// the first counts.
std::optional<std::uint64_t> preferred_wait(const http::Request& request) {
  std::optional<std::uint64_t> seconds;
  bool named = false;
  for (const http::Field& field : request.fields) {
    if (!iequals(field.name, "Prefer")) continue;
    http::for_each_element(field.value, [&](std::string_view preference) {
      const std::string_view first = preference.substr(0, preference.find(';'));
      const std::size_t equals = first.find('=');
      if (named || equals == std::string_view::npos) return;
      if (!iequals(trim(first.substr(0, equals)), "wait")) return;
      named = true;
      std::string_view value = trim(first.substr(equals + 1));
      if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
        value = value.substr(1, value.size() - 2);
      seconds = parse_uint(value);
    });
  }
  return seconds;
}

// The weight of a type that the Accept fields name as such; 0 where none does.
int weight_of(std::string_view accept, std::string_view media_type) {
  return http::accepts_explicitly(accept, media_type) ? http::accept_quality(accept, media_type)
                                                      : 0;
}

Error fault(std::string text) {
  return Error(Fault::usage, std::move(text));
}

// One parameter; of several of one name the first counts.
Result<void> add_parameter(ReadQuery& query, std::string_view name, std::string_view value) {
  if (name == "since" && !query.has_since) {
    set_since(query, http::decode_parameter(value));
  } else if (name == "last" || name == "limit") {
    std::optional<std::uint64_t>& number = name == "last" ? query.last : query.limit;
    if (!number) number = parse_uint(value);
    if (!number) return fault(std::string(name) + " must be a whole number: " + printable(value));
    if (query.limit == std::uint64_t{0}) return fault("limit must be at least 1");
  } else if (name == "wait" && !query.wait) {
    const auto wait = parse_duration_ms(value);
    if (!wait) return fault("wait must be a number of seconds: " + printable(value));
    query.wait = std::min(Milliseconds(*wait), kMostWait);
  }
  return {};
}

}  // namespace

Result<ReadQuery> read_query(const http::Request& request) {
  ReadQuery query;
  std::string_view rest = request.query;
  std::string_view name;
  std::string_view value;
  while (http::next_parameter(rest, name, value))
    if (Result<void> added = add_parameter(query, name, value); !added) return added.error();
  if (!query.wait) {
    if (const auto seconds = preferred_wait(request))
      query.wait = std::min<Milliseconds>(
          std::chrono::seconds(std::min<std::uint64_t>(*seconds, 100'000)), kMostWait);
  }
  return query;
}

// Another server's id may have a comma, too.
void set_since(ReadQuery& query, std::string_view cursor) {
  query.has_since = true;
  query.since = cursor;
  const std::size_t comma = std::min(cursor.find(','), cursor.size());
  if (comma == cursor.size() || !parse_message_id(cursor.substr(0, comma))) return;
  auto known = HubPlaces::parse(cursor.substr(comma + 1));
  if (!known) return;
  query.known = *std::move(known);
  query.since.resize(comma);
}

Start start_of(const Channel& channel, const ReadQuery& query) {
  if (query.has_since) {
    if (query.since.empty()) return channel.whole_window();
    const auto id = parse_message_id(query.since);
    // What is not an id of ours is as foreign as one of another epoch.
    const Start start = channel.after(id.value_or(MessageId{~std::uint64_t{0}, 0}));
    if (!id || start.known) return start;
    HubPlaces known = query.known;
    known.raise(*id);
    return channel.after_known(known).value_or(start);
  }
  if (query.last) return channel.last(*query.last);
  if (query.limit) return channel.whole_window();
  return channel.live();
}

std::string_view accept_of(const http::Request& request, std::string& storage) {
  const auto named = [](const http::Field& field) { return iequals(field.name, "Accept"); };
  if (std::count_if(request.fields.begin(), request.fields.end(), named) < 2)
    return request.value("Accept");
  storage = request.joined("Accept");
  return storage;
}

bool wants_event_stream(std::string_view accept) {
  const int weight = weight_of(accept, "text/event-stream");
  return weight > 0 && weight >= weight_of(accept, "application/x-ndjson") &&
         weight >= weight_of(accept, "application/json");
}

bool wants_array(std::string_view accept) {
  return weight_of(accept, "application/json") > weight_of(accept, "application/x-ndjson");
}

// RFC 9110 section 5.3: several fields of one name are one list.
bool none_match_names(const http::Request& request, std::string_view etag) {
  return std::any_of(request.fields.begin(), request.fields.end(), [&](const auto& field) {
    return iequals(field.name, "If-None-Match") && http::etag_matches(field.value, etag);
  });
}

}  // namespace rt
