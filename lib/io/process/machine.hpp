#pragma once

#include <string>

namespace rt {

// What figures of this machine depend on, in words; empty where the system does not tell.
struct MachineFacts {
  std::string processor;  // "AMD EPYC 7B13"
  unsigned processors = 0;
  std::string system;  // "Linux 6.1.0-18-amd64 x86_64"
};
MachineFacts machine_facts();

}  // namespace rt
