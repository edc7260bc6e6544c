#include "cli/options/options.hpp"

namespace rt {

std::string_view name_of(Program program) {
  switch (program) {
    case Program::rtpoll:
      return "rtpoll";
    case Program::rtsse:
      return "rtsse";
    case Program::rtws:
      return "rtws";
    case Program::rtmqtt:
      return "rtmqtt";
    case Program::rtrelay:
      return "rtrelay";
  }
  return {};
}

std::string_view name_of(Verb verb) {
  switch (verb) {
    case Verb::sub:
      return "sub";
    case Verb::pub:
      return "pub";
    case Verb::pipe:
      return "pipe";
    case Verb::serve:
      return "serve";
    case Verb::relay:
      return "relay";
    case Verb::rpc:
      return "rpc";
    case Verb::run:
      return "run";
    case Verb::compare:
      return "compare";
  }
  return {};
}

Transport transport_of(Program program) {
  switch (program) {
    case Program::rtsse:
      return Transport::sse;
    case Program::rtws:
      return Transport::ws;
    case Program::rtmqtt:
      return Transport::mqtt;
    case Program::rtpoll:
    case Program::rtrelay:
      break;
  }
  return Transport::poll;
}

}  // namespace rt
