#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rt {

// Tells what is new in lists that repeat themselves, such as the answers of a poll.
class SeenKeys {
 public:
  // The keys of so many lists are remembered; where they are more than `most`, those of the last
  // two lists alone.
  explicit SeenKeys(std::size_t lists = 16, std::size_t most = 100'000)
      : lists_(lists), most_(most) {}

  // What follows is of another list.
  void begin_list();
  // True when neither this list nor one that is remembered has had the key.
  bool add(std::string_view key);
  // What is remembered, for restore() in another process: no more than `most` keys, those of the
  // last lists first. Keys of at most 255 bytes.
  std::string saved(std::size_t most = 100'000) const;
  // As keys of the last list. False, and nothing is remembered, where it is nothing saved.
  bool restore(std::string_view saved);

  std::size_t size() const { return last_.size(); }

 private:
  void forget_before(std::uint64_t list);

  std::size_t lists_;
  std::size_t most_;
  std::uint64_t list_ = 1;
  std::unordered_map<std::string, std::uint64_t> last_;  // the last list that had it
};

}  // namespace rt
