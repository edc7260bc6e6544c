#pragma once

#include <string>

#include "base/random.hpp"

// CONNECT (MQTT 3.1.1 and 5, section 3.1): what a client decides of it. Pure.
namespace rt::mqtt {

// A client identifier that nobody else has: letters and digits, 19 of the 23 that every broker
// takes (3.1.1, section 3.1.3.1).
std::string made_client_id(Random& random);

}  // namespace rt::mqtt
