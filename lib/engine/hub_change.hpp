#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/hub_places.hpp"
#include "model/message.hpp"

namespace rt {

// What the reader of one channel has had of hubs that take each other's place behind one address:
// what the next one sends again is known by the first id that it bore. A message that bore none
// before that hub's is always new.
class HubChange {
 public:
  // Takes out of what a hub has sent what an earlier one had sent.
  void pass(Batch& batch);
  // What is passed from now on comes again, too.
  void keep_doubles() { keeps_doubles_ = true; }

  // What to ask a hub for, to go on after this id: with what is known of other hubs, "ID,ID".
  std::string cursor(std::string_view id) const;
  // How many messages were taken out.
  std::uint64_t doubles() const { return doubles_; }

 private:
  void change_to(std::uint64_t epoch);
  bool knows(const Message& message) const;

  HubPlaces places_;
  std::optional<std::uint64_t> hub_;  // its epoch
  std::optional<HubPlaces> before_;   // when the present hub took the place of another one
  std::uint64_t doubles_ = 0;
  bool keeps_doubles_ = false;
};

}  // namespace rt
