#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rt::http {

// A field of a request or an answer (RFC 9110 section 5), in no version's spelling.
struct Field {
  std::string_view name;   // letters of any case
  std::string_view value;  // without optional white space around it
};

// The fields of an answer, in their order, together in one piece of memory. CR, LF and NUL in
// what is added become spaces, so that no value becomes a field of its own.
class Fields {
 public:
  Fields() = default;
  Fields(std::initializer_list<Field> fields) { add(fields); }

  void add(std::string_view name, std::string_view value);
  void add(std::span<const Field> fields);
  void add(std::initializer_list<Field> fields) { add(std::span(fields.begin(), fields.size())); }
  void add(const Fields& fields) { records_ += fields.records_; }

  void clear() { records_.clear(); }
  bool empty() const { return records_.empty(); }
  // The first of that name (case-insensitive).
  std::optional<std::string_view> find(std::string_view name) const;

  // What is iterated over are views, valid until the next change.
  class Iterator;
  Iterator begin() const;
  Iterator end() const;

 private:
  // The sizes of a name and its value stand before the two.
  struct Sizes {
    std::uint32_t name;
    std::uint32_t value;
  };
  std::string records_;
};

class Fields::Iterator {
 public:
  explicit Iterator(const char* at) : at_(at) {}
  Field operator*() const {
    const Sizes sizes = read();
    const char* const name = at_ + sizeof sizes;
    return {{name, sizes.name}, {name + sizes.name, sizes.value}};
  }
  Iterator& operator++() {
    const Sizes sizes = read();
    at_ += sizeof sizes + sizes.name + sizes.value;
    return *this;
  }
  bool operator==(const Iterator&) const = default;

 private:
  Sizes read() const {
    Sizes sizes;
    std::memcpy(&sizes, at_, sizeof sizes);
    return sizes;
  }
  const char* at_;
};

inline Fields::Iterator Fields::begin() const {
  return Iterator(records_.data());
}
inline Fields::Iterator Fields::end() const {
  return Iterator(records_.data() + records_.size());
}

}  // namespace rt::http
