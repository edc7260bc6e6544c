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

// What asks by that way and has the answers, both ways in one end: where the way only leads down,
// what goes up is a POST.
std::unique_ptr<RemoteEnd> compared_asker(Reactor& reactor, const CompareOptions& options,
                                          ComparedWay way, std::uint16_t port, std::size_t number);
// What has the requests of the asker of that number, and whose messages that one has.
std::unique_ptr<RemoteEnd> compared_answerer(Reactor& reactor, ComparedWay way, std::uint16_t port,
                                             std::size_t number);

}  // namespace rt
