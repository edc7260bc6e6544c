#include "model/endpoint.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "model/host.hpp"
#include "model/scheme.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

// access_token, api-key and clientsecret, too. `lower` is in lower case.
bool ends_like_secret(std::string_view lower) {
  constexpr std::array<std::string_view, 11> kWords = {"token",  "key",     "password",  "passwd",
                                                       "secret", "auth",    "signature", "jwt",
                                                       "sig",    "session", "pwd"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](std::string_view word) { return lower.ends_with(word); });
}

}  // namespace

bool names_secret(std::string_view name) {
  const std::string lower = ascii_lower(percent_decode(name).value_or(std::string(name)));
  // OAuth's, for which a token is given (RFC 6749, section 4.1.2).
  return lower == "code" || ends_like_secret(lower);
}

bool names_secret_field(std::string_view name) {
  const std::string lower = ascii_lower(name);
  return ends_like_secret(lower) || lower.find("authorization") != std::string::npos ||
         lower.find("cookie") != std::string::npos;
}

namespace {

constexpr std::string_view kLoopback = "127.0.0.1";

Error usage(std::string text) {
  return Error(Fault::usage, std::move(text));
}

std::string program_of(Transport transport) {
  return "rt" + std::string(name_of(transport));
}

// The transport that the scheme means in the program of `preferred`.
Result<Transport> transport_of(const Scheme& scheme, std::string_view written,
                               Transport preferred) {
  const auto other = [&](const std::string& use) {
    return usage(program_of(preferred) + " does not speak " + ascii_lower(written) + ": use " +
                 use);
  };
  if (!scheme.web) {
    if (preferred != Transport::mqtt) return other("rtmqtt");
    return Transport::mqtt;
  }
  if (scheme.prefix) {
    if (*scheme.prefix != preferred) return other(program_of(*scheme.prefix));
    return preferred;
  }
  if (preferred == Transport::mqtt)
    return scheme.websocket
               ? other("mqtt+" + ascii_lower(written) + " for MQTT over WebSocket, or rtws")
               : other("rtpoll, rtsse or rtws");
  return preferred;
}

Transport transport_of_any(const Scheme& scheme, Transport http) {
  if (!scheme.web) return Transport::mqtt;
  if (scheme.prefix) return *scheme.prefix;
  return scheme.websocket ? Transport::ws : http;
}

// Characters that no URL has, of which no error quotes the text around: it may be a password.
std::optional<Error> fault_of_characters(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const std::string where = " at character " + std::to_string(i + 1) + " of the URL";
    if (c == ' ') return usage("a space" + where + ": write it as %20");
    if (c < 0x20 || c == 0x7F) return usage("a control character" + where);
    if (c == '#')
      return usage("a #" + where + " begins a fragment, which is never sent: write it as %23");
    if (c == '\\') return usage("a backslash" + where + ": write / or %5C");
  }
  return std::nullopt;
}

// Of a topic, which begins at `from`, all characters but these are its own.
std::optional<Error> fault_of_topic_characters(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c < 0x20 || c == 0x7F)
      return usage("a control character at character " + std::to_string(i + 1) +
                   " of the URL: write it percent-encoded");
  }
  return std::nullopt;
}

// `part` is a part of `whole`, the text that the user sees.
std::optional<Error> fault_of_percent(std::string_view part, std::string_view whole) {
  for (std::size_t at = part.find('%'); at != std::string_view::npos; at = part.find('%', at + 1)) {
    if (percent_decode(part.substr(at, 3))) continue;
    const auto place = static_cast<std::size_t>(part.data() - whole.data()) + at + 1;
    return usage("a % at character " + std::to_string(place) +
                 " of the URL without two hex digits after it: write %25 for a % itself");
  }
  return std::nullopt;
}

// Bytes that are not URL characters (RFC 3986, section 2) are encoded, as people paste them.
std::string request_target(std::string_view rest) {
  constexpr std::string_view kEncoded = "\"<>^`{|}";
  std::string out = rest.empty() || rest[0] != '/' ? "/" : "";
  for (const char c : rest) {
    if (static_cast<unsigned char>(c) >= 0x80 || kEncoded.find(c) != std::string_view::npos)
      out += percent_encode(std::string_view(&c, 1));
    else
      out += c;
  }
  return out;
}

void read_userinfo(std::string_view text, Endpoint& out) {
  const std::size_t colon = text.find(':');
  out.user = percent_decode(text.substr(0, colon)).value_or("");
  out.has_password = colon != std::string_view::npos;
  if (out.has_password) out.password = percent_decode(text.substr(colon + 1)).value_or("");
}

// Everything from `from` on, where the scheme ends.
Result<Endpoint> read_hierarchy(std::string_view whole, std::size_t from, Endpoint out) {
  const bool has_scheme = from > 0;
  const std::string_view text = whole.substr(from);
  const bool topic = out.transport == Transport::mqtt;
  const std::size_t end = std::min(text.find_first_of(topic ? "/" : "/?"), text.size());
  std::string_view authority = text.substr(0, end);
  const std::string_view rest = text.substr(end);
  const std::size_t at = authority.rfind('@');
  if (auto fault = fault_of_percent(rest, whole)) return *std::move(fault);
  if (at != std::string_view::npos) {
    if (auto fault = fault_of_percent(authority.substr(0, at), whole)) return *std::move(fault);
    read_userinfo(authority.substr(0, at), out);
    authority.remove_prefix(at + 1);
  }
  const bool only_port = !has_scheme && !authority.empty() &&
                         authority.find_first_not_of("0123456789") == std::string_view::npos;
  auto read =
      only_port ? Result<HostPort>(HostPort{"", true, authority}) : parse_host_port(authority);
  const auto fault = [&](Error error) {
    // What was read as host and port may then be a part of a password.
    if (rest.find('@') != std::string_view::npos)
      return usage(
          "the URL's host is not valid: in a user or password write / as %2F and ? as %3F");
    return error;
  };
  if (!read) return fault(read.error());
  out.host = read->host;
  if (out.host == "*") return fault(usage("\"*\" is no host to connect to"));
  if (out.host.empty() && !has_scheme && !read->port.empty()) out.host = kLoopback;
  if (out.host.empty()) return fault(usage("the URL has no host"));
  if (read->colon && read->port.empty() && !has_scheme)
    return fault(usage("no port after \"" + out.host + ":\""));
  out.port = default_port(out.transport, out.tls, out.websocket);
  if (!read->port.empty()) {
    const auto port = check_port(read->port, 1);
    if (!port) return fault(port.error());
    out.port = *port;
  }
  if (!topic) {
    out.target = request_target(rest);
    return out;
  }
  const std::string name = topic_of(rest);
  if (!name.empty()) {
    if (const std::string_view wrong = fault_of_filter(name); !wrong.empty())
      return usage("topic \"" + printable(name) + "\": " + std::string(wrong));
  }
  out.target = channel_of(name);
  return out;
}

std::optional<Error> fault_of_text(std::string_view text, std::size_t from, Transport transport) {
  if (transport != Transport::mqtt) return fault_of_characters(text);
  const std::size_t path = std::min(text.find('/', from), text.size());
  if (auto fault = fault_of_characters(text.substr(0, path))) return fault;
  return fault_of_topic_characters(text, path);
}

template <class Choose>
Result<Endpoint> parse_with(std::string_view text, Transport without_scheme, Choose choose) {
  if (text.empty()) return usage("the URL is empty");
  Endpoint out;
  out.transport = without_scheme;
  const auto written = scheme_of(text);
  if (!written) {
    if (auto fault = fault_of_text(text, 0, out.transport)) return *std::move(fault);
    if (auto fault = fault_of_lost_slashes(text)) return *std::move(fault);
    return read_hierarchy(text, 0, std::move(out));
  }
  const auto scheme = read_scheme(*written);
  if (!scheme) return scheme.error();
  const Result<Transport> transport = choose(*scheme, *written);
  if (!transport) return transport.error();
  out.transport = *transport;
  out.tls = scheme->tls;
  out.websocket = !scheme->web && scheme->websocket;
  const std::size_t from = written->size() + 3;
  if (auto fault = fault_of_text(text, from, out.transport)) return *std::move(fault);
  return read_hierarchy(text, from, std::move(out));
}

// So that it can be pasted as a part of a URL again.
std::string readable_topic(std::string_view topic) {
  constexpr std::size_t kLongest = 256;
  std::string out;
  for (std::size_t i = 0; i < topic.size(); ++i) {
    const auto c = static_cast<unsigned char>(topic[i]);
    const auto next = i + 1 < topic.size() ? static_cast<unsigned char>(topic[i + 1]) : 0u;
    const bool c1_control = c == 0xC2 && next >= 0x80 && next <= 0x9F;
    if (c < 0x20 || c == 0x7F || c == '%')
      out += percent_encode(topic.substr(i, 1));
    else if (c1_control)
      out += percent_encode(topic.substr(i++, 2));
    else
      out += topic[i];
  }
  return printable(out, kLongest);
}

std::string redacted_query(std::string_view query) {
  std::string out;
  for (const std::string_view part : split(query, '&')) {
    if (!out.empty() || part.data() != query.data()) out += '&';
    // Some servers take ';' as a separator, others as a part of the value: hide up to the end.
    std::size_t from = 0;
    std::size_t hidden = std::string_view::npos;
    for (const std::string_view piece : split(part, ';')) {
      const std::size_t equals = piece.find('=');
      if (equals != std::string_view::npos && names_secret(piece.substr(0, equals))) {
        hidden = from + equals + 1;
        break;
      }
      from += piece.size() + 1;
    }
    out += part.substr(0, hidden);
    if (hidden != std::string_view::npos) out += "***";
  }
  return out;
}

// "host[:port]" with the zone of an IPv6 address as `zone` begins it, or without when that is
// empty.
std::string host_and_port(const Endpoint& endpoint, std::string_view zone) {
  const std::size_t percent = endpoint.host.find('%');
  std::string out = endpoint.host.substr(0, percent);
  if (out.find(':') != std::string::npos) {
    if (percent != std::string::npos && !zone.empty())
      out.append(zone).append(endpoint.host, percent + 1);
    out = "[" + out + "]";
  }
  if (endpoint.port != default_port(endpoint.transport, endpoint.tls, endpoint.websocket))
    out += ":" + std::to_string(endpoint.port);
  return out;
}

}  // namespace

std::string Endpoint::path() const {
  return target.substr(0, target.find('?'));
}

std::string Endpoint::query() const {
  const std::size_t mark = target.find('?');
  return mark == std::string::npos ? "" : target.substr(mark + 1);
}

std::string Endpoint::topic() const {
  return topic_of(target);
}

std::string Endpoint::authority() const {
  return host_and_port(*this, "");
}

std::string Endpoint::display() const {
  std::string out = transport == Transport::mqtt ? (websocket ? "mqtt+ws" : "mqtt")
                    : transport == Transport::ws ? "ws"
                                                 : "http";
  if (tls) out += "s";
  out += "://" + host_and_port(*this, "%25");
  if (transport == Transport::mqtt) return out + "/" + readable_topic(topic());
  out += path();
  const std::size_t mark = target.find('?');
  if (mark != std::string::npos)
    out += "?" + redacted_query(std::string_view(target).substr(mark + 1));
  return out;
}

std::string Endpoint::display_otherwise() const {
  Endpoint other = *this;
  other.tls = !tls;
  return other.display();
}

std::string Endpoint::http_url() const {
  return (tls ? "https://" : "http://") + host_and_port(*this, "%25") + target;
}

Result<Endpoint> parse_endpoint(std::string_view text, Transport preferred) {
  return parse_with(text, preferred, [&](const Scheme& scheme, std::string_view written) {
    return transport_of(scheme, written, preferred);
  });
}

Result<Endpoint> parse_any_endpoint(std::string_view text, Transport http) {
  return parse_with(text, http, [&](const Scheme& scheme, std::string_view) {
    return Result<Transport>(transport_of_any(scheme, http));
  });
}

}  // namespace rt
