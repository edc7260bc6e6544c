#pragma once

#include <cstdint>
#include <memory>

#include "app/compare/options.hpp"
#include "app/remote_end.hpp"

namespace rt {

// What reads by that way at a server on that port of this machine; `number` tells readers apart.
std::unique_ptr<RemoteEnd> compared_reader(Reactor& reactor, const CompareOptions& options,
                                           ComparedWay way, std::uint16_t port, std::size_t number);
// What publishes for it.
std::unique_ptr<RemoteEnd> compared_publisher(Reactor& reactor, ComparedWay way,
                                              std::uint16_t port);

}  // namespace rt
