#pragma once

#include <cstddef>
#include <string>

namespace rt {

// Strings that are gathered from pieces and then kept for long: std::string itself never grows to
// less than twice what it had, and keeps all of that.

// The capacity with which `text` should go on to have room for `needed` bytes: what it has when
// that is enough, else about twice as much, but no more than `limit` unless they are needed.
std::size_t grown_capacity(const std::string& text, std::size_t needed, std::size_t limit);
// Gives it that capacity and no more, unless it has as much.
void grow_exactly(std::string& text, std::size_t capacity);
// Lets go of the room that a long text does not use, where it is more than a quarter.
void drop_spare_room(std::string& text);

}  // namespace rt
