#pragma once

#include <cstddef>
#include <vector>

#include "engine/hub.hpp"
#include "engine/log.hpp"
#include "io/hub/delivery.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// Something in this process that reads the whole hub by a HubCursor of its own.
class Follower {
 public:
  // There is news: read it now, or windows may pass over it.
  virtual void on_news() = 0;

 protected:
  ~Follower() = default;
};

// The one way from the log to whoever reads: applies what the tail brings to the windows, and has
// it read from there, once for each turn of the loop. At once only when so much has gathered that
// a window could pass over what is not read.
class News final : public LogTail {
 public:
  // Follows the log.
  News(Reactor& reactor, Hub& hub, MessageLog& log, Delivery& delivery);

  void add(Follower& follower) { followers_.push_back(&follower); }
  void remove(Follower& follower) { std::erase(followers_, &follower); }

  void on_records(std::span<Record> records) override;
  void on_epoch(const MessageId& at) override { hub_.rotate(at); }

 private:
  void note(const Entry& entry);
  bool much_has_gathered() const;
  void tell_soon();
  void tell();

  Reactor& reactor_;
  Hub& hub_;
  Delivery& delivery_;
  std::vector<Follower*> followers_;
  std::vector<Channel*> changed_;  // those with readers
  std::size_t messages_ = 0;       // since they were last told
  std::size_t bytes_ = 0;          // payloads
  std::size_t charge_ = 0;         // what they take of the window
  bool posted_ = false;
  bool telling_ = false;
};

}  // namespace rt
