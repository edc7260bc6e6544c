#include "codec/saved_position.hpp"

#include <vector>

#include "base/text.hpp"

namespace rt {
namespace {

constexpr std::string_view kFirst = "rtwire state 1";
// It tells a whole file from one that was cut.
constexpr std::string_view kLast = "end";

void append_part(std::string& out, std::string_view name, std::string_view value) {
  if (value.empty() || value.find_first_of(std::string_view("\r\n\0", 3)) != value.npos) return;
  out += name;
  out += ' ';
  out += value;
  out += '\n';
}

std::string* part_of(SavedPosition& saved, std::string_view name) {
  if (name == "url") return &saved.url;
  if (name == "id" || name == "cursor") return &saved.position.id;
  if (name == "etag") return &saved.position.etag;
  if (name == "last-modified") return &saved.position.last_modified;
  if (name == "digest") return &saved.position.digest;
  if (name == "seen") return &saved.position.seen;
  return nullptr;
}

}  // namespace

std::string write_position(const SavedPosition& saved) {
  std::string out(kFirst);
  out += '\n';
  append_part(out, "url", saved.url);
  append_part(out, saved.position.at_hub ? "cursor" : "id", saved.position.id);
  append_part(out, "etag", saved.position.etag);
  append_part(out, "last-modified", saved.position.last_modified);
  append_part(out, "digest", saved.position.digest);
  append_part(out, "seen", saved.position.seen);
  out += kLast;
  out += '\n';
  return out;
}

std::optional<SavedPosition> read_position(std::string_view text) {
  if (!text.ends_with('\n')) return std::nullopt;
  text.remove_suffix(1);
  const std::vector<std::string_view> lines = split(text, '\n');
  if (lines.size() < 3 || lines.front() != kFirst || lines.back() != kLast) return std::nullopt;
  SavedPosition saved;
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    const std::size_t space = lines[i].find(' ');
    std::string* const part = part_of(saved, lines[i].substr(0, space));
    if (part == nullptr || space == std::string_view::npos || !part->empty()) return std::nullopt;
    *part = lines[i].substr(space + 1);
    if (lines[i].starts_with("cursor ")) saved.position.at_hub = true;
  }
  if (saved.url.empty()) return std::nullopt;
  return saved;
}

}  // namespace rt
