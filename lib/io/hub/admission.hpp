#pragma once

#include <string>
#include <string_view>

#include "engine/access.hpp"
#include "engine/grants.hpp"
#include "io/hub/answers.hpp"
#include "io/server/exchange.hpp"

namespace rt {

// Who may come in, and what they may do: asked first with a request's head, and once more when its
// channel is known.
class Admission {
 public:
  Admission(const AccessPolicy& access, const Grants& grants, const Answers& answers)
      : access_(access), grants_(grants), answers_(answers) {}

  // Everything that can be decided from the head alone. False: it has been answered.
  bool check(Exchange& exchange);
  // What the request wants of the channel (an empty one for Action::admin). False: it has been
  // answered.
  bool check(Exchange& exchange, Action action, std::string_view channel) const;
  // The same for what comes by a connection later.
  bool allows(const Identity& who, Action action, std::string_view channel) const {
    return grants_.allow(who, action, channel);
  }

  // Nobody comes in any more.
  void close() { closed_ = true; }

 private:
  bool check_host(Exchange& exchange);
  bool check_origin(Exchange& exchange) const;
  bool check_publication(Exchange& exchange) const;

  const AccessPolicy& access_;
  const Grants& grants_;
  const Answers& answers_;
  std::string good_host_;  // the last Host that was allowed
  bool closed_ = false;
};

bool is_read(std::string_view method);
bool is_publish(std::string_view method);

}  // namespace rt
