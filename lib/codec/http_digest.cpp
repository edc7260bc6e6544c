#include "codec/http_digest.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/http_values.hpp"
#include "codec/md5.hpp"
#include "codec/sha256.hpp"

namespace rt::http {
namespace {

constexpr std::string_view kScheme = "digest ";

std::string hashed(const DigestChallenge& challenge, const std::string& text) {
  return hex_encode(challenge.sha256 ? sha256(text) : md5(text));
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// The parameters of a challenge (RFC 9110, section 11.2), one after the other.
class Parameters {
 public:
  explicit Parameters(std::string_view text) : rest_(text) {}

  // False at the end, and at what is none (see broken()).
  bool next(std::string& name, std::string& value) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t,"), rest_.size()));
    if (rest_.empty()) return false;
    const std::size_t equals = rest_.find_first_of("=, \t\"");
    broken_ = equals == std::string_view::npos || equals == 0 || rest_[equals] != '=';
    if (broken_) return false;
    name = ascii_lower(rest_.substr(0, equals));
    rest_.remove_prefix(equals + 1);
    return rest_.starts_with('"') ? take_quoted(value) : take_token(value);
  }
  bool broken() const { return broken_; }

 private:
  bool take_token(std::string& value) {
    const std::size_t end = std::min(rest_.find_first_of(", \t"), rest_.size());
    value = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }
  bool take_quoted(std::string& value) {
    value.clear();
    std::size_t at = 1;
    while (at < rest_.size() && rest_[at] != '"') {
      if (rest_[at] == '\\' && at + 1 < rest_.size()) ++at;
      value += rest_[at++];
    }
    broken_ = at == rest_.size();
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    return !broken_;
  }

  std::string_view rest_;
  bool broken_ = false;
};

bool take_algorithm(DigestChallenge& challenge, const std::string& value) {
  std::string name = ascii_lower(value);
  challenge.algorithm = value;
  constexpr std::string_view kSession = "-sess";
  challenge.session = name.ends_with(kSession);
  if (challenge.session) name.resize(name.size() - kSession.size());
  challenge.sha256 = name == "sha-256";
  return challenge.sha256 || name == "md5";
}

bool has_auth(std::string_view list) {
  const auto names = split(list, ',');
  return std::any_of(names.begin(), names.end(),
                     [](std::string_view name) { return iequals(trim(name), "auth"); });
}

}  // namespace

std::optional<DigestChallenge> parse_digest_challenge(std::string_view field) {
  field = trim(field);
  if (!iequals(field.substr(0, kScheme.size()), kScheme)) return std::nullopt;
  Parameters parameters(field.substr(kScheme.size()));
  DigestChallenge out;
  bool has_realm = false;
  bool has_nonce = false;
  std::string name;
  std::string value;
  while (parameters.next(name, value)) {
    if (!valid_field_value(value)) return std::nullopt;
    if (name == "realm") {
      has_realm = true;
      out.realm = value;
    } else if (name == "nonce") {
      has_nonce = true;
      out.nonce = value;
    } else if (name == "opaque") {
      out.has_opaque = true;
      out.opaque = value;
    } else if (name == "stale") {
      out.stale = iequals(value, "true");
    } else if (name == "algorithm" && !take_algorithm(out, value)) {
      return std::nullopt;
    } else if (name == "qop") {
      out.qop = has_auth(value);
      if (!out.qop) return std::nullopt;
    }
  }
  if (parameters.broken() || !has_realm || !has_nonce) return std::nullopt;
  return out;
}

std::string digest_authorization(const DigestChallenge& challenge, const DigestRequest& request) {
  const std::string user(request.user);
  const std::string target(request.target);
  const std::string cnonce(request.cnonce);
  std::string count = "00000000";
  for (std::size_t i = 0; i < count.size(); ++i)
    count[count.size() - 1 - i] = "0123456789abcdef"[request.count >> 4 * i & 15];
  std::string secret =
      hashed(challenge, user + ":" + challenge.realm + ":" + std::string(request.password));
  if (challenge.session) secret = hashed(challenge, secret + ":" + challenge.nonce + ":" + cnonce);
  const std::string asked = hashed(challenge, std::string(request.method) + ":" + target);
  std::string middle = challenge.nonce + ":";
  if (challenge.qop) middle += count + ":" + cnonce + ":auth:";
  const std::string response = hashed(challenge, secret + ":" + middle + asked);

  std::string out = "Digest username=" + quoted(user) + ", realm=" + quoted(challenge.realm) +
                    ", nonce=" + quoted(challenge.nonce) + ", uri=" + quoted(target);
  if (!challenge.algorithm.empty()) out += ", algorithm=" + challenge.algorithm;
  if (challenge.qop || challenge.session) out += ", cnonce=" + quoted(cnonce);
  if (challenge.qop) out += ", qop=auth, nc=" + count;
  out += ", response=" + quoted(response);
  if (challenge.has_opaque) out += ", opaque=" + quoted(challenge.opaque);
  return out;
}

}  // namespace rt::http
