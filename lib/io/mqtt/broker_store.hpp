#pragma once

#include <string>

#include "base/result.hpp"
#include "io/loop/descriptor.hpp"

namespace rt {

// A directory in which a broker keeps what is to outlive it; one process at a time has it.
class BrokerStore {
 public:
  BrokerStore() = default;

  // Makes the directory (mode 0700) where there is none; what holds it has to be there. Errors
  // (usage): it cannot be had or written to, or another process has it, whose number is told.
  static Result<BrokerStore> open(const std::string& path);

  bool is_open() const { return lock_.is_open(); }
  const std::string& directory() const { return directory_; }  // from the root on
  // Puts what is kept beside, under another name, which is given; empty: there was nothing.
  std::string set_aside() const;

 private:
  std::string directory_;
  Descriptor lock_;
};

}  // namespace rt
