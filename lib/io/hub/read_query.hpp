#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "codec/http_request.hpp"
#include "engine/channel.hpp"
#include "engine/hub_places.hpp"

namespace rt {

// What a reading request asks for.
struct ReadQuery {
  bool has_since = false;
  std::string since;
  HubPlaces known;  // beside it, of other hubs
  std::optional<std::uint64_t> last;
  std::optional<std::uint64_t> limit;
  std::optional<Milliseconds> wait;
  bool any() const { return has_since || last || limit || wait; }
};

// From the query and `Prefer: wait`. Errors: usage, what is wrong in it.
Result<ReadQuery> read_query(const http::Request& request);

// A cursor: "ID", or "ID,ID" with what is known of other hubs.
void set_since(ReadQuery& query, std::string_view cursor);

// Where it begins to read the channel.
Start start_of(const Channel& channel, const ReadQuery& query);

// The Accept fields as one; `storage` is for the case of several.
std::string_view accept_of(const http::Request& request, std::string& storage);
// Of the types that are asked for by name the weightiest counts, an event stream before others.
bool wants_event_stream(std::string_view accept);
// JSON array rather than lines.
bool wants_array(std::string_view accept);
// True when If-None-Match names the tag, in whichever of its fields.
bool none_match_names(const http::Request& request, std::string_view etag);

}  // namespace rt
