#pragma once

#include <cstddef>
#include <filesystem>

#ifdef __APPLE__
#include <mach/mach.h>
#endif

namespace rt::test {

// How many threads this process has.
inline std::size_t threads() {
#ifdef __APPLE__
  thread_act_array_t all = nullptr;
  mach_msg_type_number_t count = 0;
  if (task_threads(mach_task_self(), &all, &count) != KERN_SUCCESS) return 0;
  for (mach_msg_type_number_t i = 0; i < count; ++i) mach_port_deallocate(mach_task_self(), all[i]);
  vm_deallocate(mach_task_self(), reinterpret_cast<vm_address_t>(all), count * sizeof *all);
  return count;
#else
  std::size_t count = 0;
  for (auto at = std::filesystem::directory_iterator("/proc/self/task");
       at != std::filesystem::directory_iterator(); ++at)
    ++count;
  return count;
#endif
}

}  // namespace rt::test
