#pragma once

namespace rt {

// rtmqtt --mosquitto pub|sub|rr: the whole life of the program as one of Mosquitto's own clients.
// `arguments` begin behind "--mosquitto".
int run_mosquitto(int count, char** arguments);

}  // namespace rt
