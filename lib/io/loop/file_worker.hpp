#pragma once

#include <asio/awaitable.hpp>
#include <asio/post.hpp>
#include <asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "io/loop/notifier.hpp"
#include "io/loop/reactor.hpp"

namespace rt {

// A thread for what may block the loop: reading, writing and looking at files.
class FileWorker {
 public:
  explicit FileWorker(Reactor& reactor) : reactor_(reactor) {}
  // Waits for the work that has begun.
  ~FileWorker() { thread_.join(); }
  FileWorker(const FileWorker&) = delete;
  FileWorker& operator=(const FileWorker&) = delete;

  // Runs it there and completes here. `work` owns, or shares, all that it touches. Pass a variable:
  // g++ 12 destroys a temporary lambda of a co_await expression twice.
  asio::awaitable<void> run(std::function<void()> work) {
    const auto job = std::make_shared<Job>(reactor_.executor(), std::move(work));
    asio::post(thread_, [theirs = job, &loop = reactor_.executor()]() mutable {
      theirs->work();
      // Handed back: what belongs to the loop must not be destroyed here.
      asio::post(loop, [back = std::move(theirs)] {
        back->done = true;
        back->finished.notify_all();
      });
    });
    while (!job->done) co_await job->finished.wait();
  }

 private:
  struct Job {
    Job(const asio::any_io_executor& executor, std::function<void()> w)
        : work(std::move(w)), finished(executor) {}
    std::function<void()> work;
    bool done = false;
    Notifier finished;
  };

  Reactor& reactor_;
  asio::thread_pool thread_{1};
};

}  // namespace rt
