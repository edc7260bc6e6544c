#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.hpp"

namespace rt {

// Decides when a client of MQTT asks its broker for a sign of life, and when it takes it for dead
// (MQTT 5, section 3.1.2.10). While nothing is read no answer can be seen: then it goes on asking,
// so that the broker keeps the connection, and nobody is taken for dead.
class KeepAlive {
 public:
  enum class Due : std::uint8_t { nothing, ping, dead };

  // A connection begins. An interval of 0: nothing is ever due.
  void begin(Milliseconds interval, SteadyTime now);
  bool on() const { return interval_.count() > 0; }
  // due() is to be asked so often.
  Milliseconds look_each() const;

  void sent(SteadyTime now) { last_sent_ = now; }
  // Whatever has come is an answer.
  void received(SteadyTime now) {
    last_received_ = now;
    pinged_.reset();
  }
  void stop_reading() { reads_ = false; }
  void read_again(SteadyTime now) {
    reads_ = true;
    resumed_ = now;
  }

  // ping: the caller asks now.
  Due due(SteadyTime now);

 private:
  Milliseconds interval_{0};
  SteadyTime last_sent_{};
  SteadyTime last_received_{};
  SteadyTime resumed_{};
  std::optional<SteadyTime> pinged_;  // without an answer
  bool reads_ = true;
};

}  // namespace rt
