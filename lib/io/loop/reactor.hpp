#pragma once

#include <asio/any_io_executor.hpp>
#include <asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"

namespace rt {

// The one loop of a program, on one thread: Asio's io_context, and buffers that everything on the
// loop shares because nothing keeps bytes in them across a return to the loop.
class Reactor {
 public:
  Reactor();
  // A part of another, with its loop and buffers: what is begun on its executor writes log lines
  // under this name. `whole` must live longer.
  Reactor(Reactor& whole, const std::string& name);
  ~Reactor();
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;

  asio::io_context& context() { return *whole_.context_; }
  // For all that waits: timers, sockets, coroutines, what is posted.
  const asio::any_io_executor& executor() const { return executor_; }

  // 256 KiB to read into. Its bytes last until the handler returns.
  std::span<char> scratch() { return {whole_.scratch_.get(), kScratch}; }

  // Raises the soft limit of open descriptors to the hard one. Returns the limit.
  static std::size_t raise_descriptor_limit();

  // Makes sure that a program has the descriptors that it cannot do without: a library that gets
  // none ends the process, or waits for what cannot come. Raises the soft limit when it must.
  static Result<void> ensure_descriptors();

 private:
  static constexpr std::size_t kScratch = 256u << 10;
  Reactor& whole_;
  std::unique_ptr<asio::io_context> context_;
  std::unique_ptr<char[]> scratch_;
  asio::any_io_executor executor_;
};

}  // namespace rt
