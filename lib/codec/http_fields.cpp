#include "codec/http_fields.hpp"

#include "base/text.hpp"

namespace rt::http {
namespace {

constexpr std::size_t kFirstRoom = 384;  // for most answers all that they need

// Copies, and says whether a control character may be among the bytes: eight at a time, since this
// is done for every byte of every answer's head.
bool copy(char* to, std::string_view from) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  std::uint64_t found = 0;
  std::size_t done = 0;
  const auto step = [&](std::size_t at) {
    std::uint64_t word;
    std::memcpy(&word, from.data() + at, sizeof word);
    std::memcpy(to + at, &word, sizeof word);
    found |= (word - kOnes * 0x20) & ~word;
  };
  if (from.size() < sizeof(std::uint64_t)) {
    bool control = false;
    for (; done < from.size(); ++done) {
      to[done] = from[done];
      control |= static_cast<unsigned char>(from[done]) < 0x20;
    }
    return control;
  }
  for (; done + sizeof(std::uint64_t) <= from.size(); done += sizeof(std::uint64_t)) step(done);
  // The last eight, some of them for the second time.
  if (done < from.size()) step(from.size() - sizeof(std::uint64_t));
  return (found & kHighs) != 0;
}

void blank_controls(char* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] == '\r' || bytes[i] == '\n' || bytes[i] == '\0') bytes[i] = ' ';
  }
}

}  // namespace

void Fields::add(std::string_view name, std::string_view value) {
  const Sizes sizes{static_cast<std::uint32_t>(name.size()),
                    static_cast<std::uint32_t>(value.size())};
  const std::size_t start = records_.size();
  if (start == 0) records_.reserve(kFirstRoom);
  records_.resize(start + sizeof sizes + name.size() + value.size());
  char* const at = records_.data() + start;
  std::memcpy(at, &sizes, sizeof sizes);
  char* const text = at + sizeof sizes;
  const bool name_controls = copy(text, name);
  const bool value_controls = copy(text + name.size(), value);
  if (name_controls || value_controls) blank_controls(text, name.size() + value.size());
}

void Fields::add(std::span<const Field> fields) {
  for (const Field& field : fields) add(field.name, field.value);
}

std::optional<std::string_view> Fields::find(std::string_view name) const {
  for (const Field field : *this) {
    if (iequals(field.name, name)) return field.value;
  }
  return std::nullopt;
}

}  // namespace rt::http
