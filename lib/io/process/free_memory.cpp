#include "io/process/free_memory.hpp"

#include <cstdlib>

#ifdef __GLIBC__

#include <malloc.h>
#include <unistd.h>

#include <cstdio>

namespace rt {

void free_large_blocks_at_once() {
  mallopt(M_MMAP_THRESHOLD, 4 << 20);
  // Would be 128 KiB now, and the heap's end would go up and down all the time.
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

void keep_free_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

std::size_t resident_memory() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long pages = 0;
  const int found = std::fscanf(file, "%*u %lu", &pages);
  std::fclose(file);
  return found == 1 ? pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

void return_free_memory() {
  malloc_trim(0);
}

}  // namespace rt

#else

namespace rt {

void free_large_blocks_at_once() {}
void keep_free_memory() {}
std::size_t resident_memory() {
  return 0;
}
void return_free_memory() {}

}  // namespace rt

#endif
