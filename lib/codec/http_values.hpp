#pragma once

#include <string>
#include <string_view>

// What stands in the fields and targets of HTTP, in all its versions (RFC 9110).
namespace rt::http {

// The standard reason phrase, empty for a status without one here.
std::string_view reason_phrase(int status);

// A field name is a token (RFC 9110 section 5.1).
bool valid_field_name(std::string_view name);
// A field value may hold anything but control characters other than tab.
bool valid_field_value(std::string_view value);

// Content negotiation (RFC 9110 section 12.5.1): the quality (0 to 1000) that an Accept field's
// value gives to a media type such as "text/event-stream"; an empty Accept accepts all with 1000.
// The most specific range counts; parameters other than q are not looked at.
int accept_quality(std::string_view accept, std::string_view media_type);
// True when the Accept value names that very type (no wildcard) with a quality above 0.
bool accepts_explicitly(std::string_view accept, std::string_view media_type);
// True when it names that very type with this profile parameter (a token or a quoted string, in any
// case) and a quality above 0: `text/event-stream;profile="rt.v1"`.
bool accepts_profile(std::string_view accept, std::string_view media_type,
                     std::string_view profile);

// True when an If-None-Match value matches the entity tag (given with its quotes): weak
// comparison, RFC 9110 section 13.1.2. "*" matches.
bool etag_matches(std::string_view if_none_match, std::string_view etag);

// Takes the next "name=value" off the front of a query string, as it is written. False at the end.
bool next_parameter(std::string_view& query, std::string_view& name, std::string_view& value);
// The value of a parameter, percent-decoded ('+' stays '+'); a malformed escape leaves it as it is.
std::string decode_parameter(std::string_view value);

}  // namespace rt::http
