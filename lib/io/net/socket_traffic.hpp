#pragma once

#include <cstdint>

namespace rt {

// How many bytes a TCP socket has received since it was connected; 0 where the system does not say.
std::uint64_t bytes_received(int socket);

}  // namespace rt
