#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <optional>

#include "app/compare/options.hpp"
#include "base/result.hpp"

namespace rt {

// One client in a process of its own, whose CPU is therefore known: the other ones share theirs
// with all that measures. It is connected to the server itself, reads by the same ends, and with
// --two-way asks as often as each of them.
class MeasuredClient {
 public:
  // To be made before there is a loop, since a process that has one cannot be copied. Errors: other
  // (the system is out of processes).
  static Result<MeasuredClient> begin(const CompareOptions& options);
  MeasuredClient(MeasuredClient&& other) noexcept;
  MeasuredClient& operator=(MeasuredClient&&) = delete;
  // Ends it.
  ~MeasuredClient();

  // It has the number after those of all readers, and asks as often as one of them.
  void connect(ComparedWay way, std::uint16_t port, const CompareOptions& options);
  void disconnect();
  // The process is gone afterwards.
  void end();
  // That it has had, of all connections.
  std::uint64_t messages() const;
  pid_t process() const { return process_; }

 private:
  using Counter = std::atomic<std::uint64_t>;

  MeasuredClient(pid_t process, int orders, Counter* messages)
      : process_(process), orders_(orders), messages_(messages) {}

  pid_t process_;
  int orders_;         // a socket to it
  Counter* messages_;  // in memory that both processes have
};

}  // namespace rt
