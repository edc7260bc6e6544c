#include "engine/holdings.hpp"

#include <algorithm>
#include <bit>

namespace rt {

Holder::~Holder() {
  if (account_ != nullptr) account_->let_go(*this);
}

Holdings::~Holdings() {
  while (Holder* const holder = greatest()) take_out(*holder);
}

bool Holdings::hold(Holder& holder, std::size_t bytes) {
  if (bytes == 0) {
    let_go(holder);
    return true;
  }
  const bool moves =
      holder.account_ == nullptr || std::bit_width(holder.held_) != std::bit_width(bytes);
  if (moves && holder.account_ != nullptr) take_out(holder);
  held_ += bytes - holder.held_;
  highest_ = std::max(highest_, held_);
  holder.held_ = bytes;
  if (moves) place(holder);
  while (held_ > limit_) {
    Holder* const victim = greatest();
    ++given_up_;
    let_go(*victim);
    if (victim == &holder) return false;
    victim->give_up();
  }
  return true;
}

void Holdings::let_go(Holder& holder) {
  if (holder.account_ == nullptr) return;
  take_out(holder);
  held_ -= holder.held_;
  holder.held_ = 0;
}

Holder* Holdings::greatest() {
  for (std::size_t i = classes_.size(); i-- > 0;)
    if (classes_[i].oldest != nullptr) return classes_[i].oldest;
  return nullptr;
}

void Holdings::place(Holder& holder) {
  List& list = classes_[static_cast<std::size_t>(std::bit_width(holder.held_))];
  holder.account_ = this;
  holder.older_ = list.newest;
  holder.newer_ = nullptr;
  (list.newest != nullptr ? list.newest->newer_ : list.oldest) = &holder;
  list.newest = &holder;
  ++count_;
}

void Holdings::take_out(Holder& holder) {
  List& list = classes_[static_cast<std::size_t>(std::bit_width(holder.held_))];
  (holder.older_ != nullptr ? holder.older_->newer_ : list.oldest) = holder.newer_;
  (holder.newer_ != nullptr ? holder.newer_->older_ : list.newest) = holder.older_;
  holder.account_ = nullptr;
  --count_;
}

}  // namespace rt
