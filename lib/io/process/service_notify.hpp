#pragma once

#include <string>
#include <string_view>

namespace rt {

// Tells a service manager how this program is, as sd_notify(3) describes it. Without one it tells
// nobody.
class ServiceNotify {
 public:
  ServiceNotify() = default;

  // Takes NOTIFY_SOCKET out of the environment: no child is to speak in this program's name.
  static ServiceNotify take();

  // It serves. `status` is for people.
  void ready(const std::string& status) const;
  void status(const std::string& status) const;
  // It reads its configuration again; ready() says that it has.
  void reloading() const;
  bool wanted() const { return !socket_.empty(); }
  // It is about to end.
  void stopping() const;

 private:
  void send(std::string_view state) const;

  std::string socket_;  // a path, or '@' and an abstract name; empty: nobody wants to know
};

}  // namespace rt
