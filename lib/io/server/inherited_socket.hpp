#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/endpoint.hpp"

namespace rt {

// A TCP socket that listens already.
struct InheritedSocket {
  int fd = -1;
  ListenAddress address;  // its real host and port
};

// The sockets that a service manager has opened for this process, as sd_listen_fds(3) describes
// it: descriptors from 3 on, LISTEN_FDS of them, named by LISTEN_FDNAMES, when LISTEN_PID is this
// process.
class InheritedSockets {
 public:
  // Takes the variables out of the environment, so that no child believes in them, and makes the
  // descriptors close-on-exec.
  static InheritedSockets take();

  // The socket of that number, or all of that name. Errors (usage): none was passed, or what was
  // passed is no listening TCP socket.
  Result<std::vector<InheritedSocket>> find(std::string_view which) const;

  // Those that were passed and are not among `used`, for people: "fd:4 (https)"; empty: none.
  std::string unused(const std::vector<InheritedSocket>& used) const;

 private:
  struct Passed {
    int fd;
    std::string name;
  };
  std::vector<Passed> passed_;
  std::string why_none_;  // for people, when nothing was passed
};

}  // namespace rt
