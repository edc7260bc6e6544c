#include "lws_request.hpp"

#include "line_protocol.hpp"

namespace peer {

std::string field_of(lws* wsi, lws_token_indexes token) {
  const int length = lws_hdr_total_length(wsi, token);
  if (length <= 0) return {};
  std::string value(static_cast<std::size_t>(length) + 1, '\0');
  const int copied = lws_hdr_copy(wsi, value.data(), length + 1, token);
  value.resize(copied > 0 ? static_cast<std::size_t>(copied) : 0);
  return value;
}

std::string target_of(lws* wsi) {
  std::string target = field_of(wsi, WSI_TOKEN_GET_URI);
  const std::string query = field_of(wsi, WSI_TOKEN_HTTP_URI_ARGS);
  return query.empty() ? target : target + '?' + query;
}

std::string fields_of(lws* wsi, const std::vector<std::string>& look_at) {
  std::string out;
  const auto add = [&](std::string_view name, std::string_view value) {
    out += (out.empty() ? "[" : ",[") + quoted(name) + ',' + quoted(value) + ']';
  };
  for (int i = 0; i < WSI_TOKEN_COUNT; ++i) {
    const auto token = static_cast<lws_token_indexes>(i);
    const auto* const known = reinterpret_cast<const char*>(lws_token_to_string(token));
    if (known == nullptr) continue;
    std::string_view name = known;
    // Others are methods and the like.
    if (name.size() < 2 || name.back() != ':' || name.front() == ':') continue;
    name.remove_suffix(1);
    if (lws_hdr_total_length(wsi, token) > 0) add(name, field_of(wsi, token));
  }
  for (const std::string& name : look_at) {
    const std::string known = name + ':';
    const auto known_length = static_cast<int>(known.size());
    const int length = lws_hdr_custom_length(wsi, known.c_str(), known_length);
    if (length < 0) continue;
    std::string value(static_cast<std::size_t>(length) + 1, '\0');
    lws_hdr_custom_copy(wsi, value.data(), length + 1, known.c_str(), known_length);
    value.resize(static_cast<std::size_t>(length));
    add(name, value);
  }
  return '[' + out + ']';
}

}  // namespace peer
