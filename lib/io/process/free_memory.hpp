#pragma once

#include <cstddef>

namespace rt {

// What the allocator keeps of freed memory, where it is glibc's; elsewhere these do nothing.

// From now on blocks of a MiB and more go back to the system when they are freed. By itself glibc
// raises that bound to 32 MiB, and then keeps what large messages had.
void free_large_blocks_at_once();
// From now on up to 64 MiB at the heap's end stay with the process. By itself glibc gives them back
// with each large message that has been passed on, and the next one pays for them again.
void keep_free_memory();
// Bytes of this process that are in memory; 0 where that is not known.
std::size_t resident_memory();
// Gives the system all that is free: about 0.3 ms for each MiB of small blocks.
void return_free_memory();

}  // namespace rt
