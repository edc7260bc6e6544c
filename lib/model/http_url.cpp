#include "model/http_url.hpp"

#include "base/text.hpp"
#include "model/topic.hpp"

namespace rt {

std::string with_query(std::string_view url, std::string_view parameter) {
  std::string out(url.substr(0, url.find('#')));
  if (parameter.empty()) return out;
  const std::size_t query = out.find('?');
  if (query == std::string::npos) {
    out += '?';
  } else if (query + 1 != out.size() && out.back() != '&') {
    out += '&';
  }
  out += parameter;
  return out;
}

template <class Unwanted>
static std::string without(std::string_view url, Unwanted unwanted) {
  url = url.substr(0, url.find('#'));
  const std::size_t query = url.find('?');
  std::string out(url.substr(0, query));
  if (query == std::string_view::npos) return out;
  for (const std::string_view parameter : split(url.substr(query + 1), '&')) {
    if (!unwanted(parameter.substr(0, parameter.find('=')))) out = with_query(out, parameter);
  }
  return out;
}

std::string without_position(std::string_view url) {
  return without(url, [](std::string_view name) {
    return name == "since" || name == "last" || name == "limit" || name == "wait";
  });
}

std::string without_parameter(std::string_view url, std::string_view name) {
  return without(url, [&](std::string_view other) { return other == name; });
}

std::string channel_of_url(std::string_view url) {
  const std::size_t scheme = url.find("://");
  std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  rest = rest.substr(0, rest.find_first_of("?#"));
  const std::size_t slash = rest.find('/');
  const std::string_view path = slash == std::string_view::npos ? "/" : rest.substr(slash);
  if (check_channel(path) != ChannelFault::none) return std::string(path);
  return canonical_channel(path);
}

}  // namespace rt
