#pragma once

#include <memory>

#include "io/loop/socket_poller.hpp"

namespace rt {

// Null where the system has no epoll.
std::unique_ptr<SocketPoller> make_epoll_poller(Reactor& reactor);

}  // namespace rt
