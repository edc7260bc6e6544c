#pragma once

#include <cstddef>
#include <functional>

#include "io/loop/deadlines.hpp"

namespace rt {

// Sees to it that the system gets back what a server had for others, some seconds after they have
// let go of it, and what it had for itself meanwhile.
class MemoryReturn final : private Deadline {
 public:
  struct Held {
    std::size_t now = 0;
    std::size_t highest = 0;  // since it was last asked
  };
  MemoryReturn(Deadlines& deadlines, std::function<Held()> held);

 private:
  void on_deadline() override;

  Deadlines& deadlines_;
  std::function<Held()> held_;
  std::size_t highest_ = 0;  // since memory was last returned
  int waited_ = 0;           // intervals since it has grown beside that
  int patience_ = 1;         // after so many of them memory is returned
  std::size_t other_ = 0;    // the least that it had beside that; 0: not known
};

}  // namespace rt
