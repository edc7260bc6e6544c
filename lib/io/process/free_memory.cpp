#include "io/process/free_memory.hpp"

#include <cstdlib>

#ifdef __GLIBC__

#include <malloc.h>

namespace rt {

void free_large_blocks_at_once() {
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
  // Would be 128 KiB now, and the heap's end would go up and down all the time.
  mallopt(M_TRIM_THRESHOLD, 4 << 20);
}

void keep_free_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

void return_free_memory() {
  malloc_trim(0);
}

}  // namespace rt

#else

namespace rt {

void free_large_blocks_at_once() {}
void keep_free_memory() {}
void return_free_memory() {}

}  // namespace rt

#endif
