#pragma once

#include <cstddef>
#include <vector>

namespace rt {

// Keeps an object in a list of its kind, by its index there.
template <class T>
class Listed {
 protected:
  Listed(std::vector<T*>& list, T* self) : list_(list), index_(list.size()) {
    list.push_back(self);
  }
  ~Listed() {
    T* const last = list_.back();
    list_[index_] = last;
    static_cast<Listed*>(last)->index_ = index_;
    list_.pop_back();
  }

 private:
  std::vector<T*>& list_;
  std::size_t index_;
};

}  // namespace rt
