#include "io/loop/curl.hpp"

#include <curl/curl.h>

#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"

namespace rt {
namespace {

constexpr std::size_t kSpareHandles = 8;

// Once, at the first use: programs that never speak HTTP do not pay for it.
void init_curl() {
  static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)done;
}

// A socket of curl's that the reactor watches. The descriptor stays curl's: it is released, never
// closed. Pending handlers share it, so it may outlive the loop; then `watched` is false.
struct Watch {
  explicit Watch(const asio::any_io_executor& executor) : descriptor(executor) {}

  asio::posix::stream_descriptor descriptor;
  curl_socket_t socket = CURL_SOCKET_BAD;
  int wanted = CURL_POLL_NONE;
  bool read_pending = false;
  bool write_pending = false;
  bool watched = false;
};

struct Job {
  std::function<void(int)> done;
  bool stays = false;  // in the loop when it is done
};

}  // namespace

struct CurlLoop::State {
  explicit State(Reactor& reactor) : executor(reactor.executor()), timer(executor) {
    init_curl();
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &State::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &State::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    // One HTTP/2 connection for several transfers would stall them all when one of them is paused.
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }

  ~State() {
    for (void* easy : spare) curl_easy_cleanup(static_cast<CURL*>(easy));
    // Closes the kept connections; each says so to on_socket.
    curl_multi_cleanup(multi);
    for (const auto& [socket, watch] : watches) forget(*watch);
  }

  // --- called by curl: only notes what it wants
  // ---------------------------------------------------

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
    static_cast<State*>(self)->watch(socket, what);
    return 0;
  }

  static int on_timer(CURLM*, long milliseconds, void* self) {
    static_cast<State*>(self)->arm_timer(milliseconds);
    return 0;
  }

  void watch(curl_socket_t socket, int what) {
    const auto found = watches.find(socket);
    if (what == CURL_POLL_REMOVE) {
      if (found == watches.end()) return;
      forget(*found->second);
      watches.erase(found);
      return;
    }
    std::shared_ptr<Watch> entry;
    if (found != watches.end()) {
      entry = found->second;
    } else {
      entry = std::make_shared<Watch>(executor);
      asio::error_code failed;
      entry->descriptor.assign(socket, failed);
      if (failed) return;  // curl's own timeouts end the transfer
      entry->socket = socket;
      entry->watched = true;
      watches.emplace(socket, entry);
    }
    entry->wanted = what;
    arm(entry);
  }

  static void forget(Watch& watch) {
    watch.watched = false;
    if (watch.descriptor.is_open()) watch.descriptor.release();
  }

  void arm(const std::shared_ptr<Watch>& watch) {
    if ((watch->wanted & CURL_POLL_IN) != 0 && !watch->read_pending) {
      watch->read_pending = true;
      watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                   [this, watch](asio::error_code failed) {
                                     watch->read_pending = false;
                                     ready(watch, CURL_POLL_IN, failed);
                                   });
    }
    if ((watch->wanted & CURL_POLL_OUT) != 0 && !watch->write_pending) {
      watch->write_pending = true;
      watch->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                   [this, watch](asio::error_code failed) {
                                     watch->write_pending = false;
                                     ready(watch, CURL_POLL_OUT, failed);
                                   });
    }
  }

  void arm_timer(long milliseconds) {
    if (milliseconds <= 0) {
      timer.cancel();
      if (milliseconds == 0) act_soon();
      return;
    }
    timer.expires_after(Milliseconds(milliseconds));
    timer.async_wait([this, alive = std::weak_ptr<char>(alive)](asio::error_code failed) {
      // A completion may already wait in the loop when this object goes.
      if (!failed && !alive.expired()) act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  // Every request begins so: cheaper than a timer that is due.
  void act_soon() {
    if (soon) return;
    soon = true;
    asio::post(executor, [this, alive = std::weak_ptr<char>(alive)] {
      if (alive.expired()) return;
      soon = false;
      act(CURL_SOCKET_TIMEOUT, 0);
    });
  }

  // --- called by the reactor
  // ----------------------------------------------------------------------

  // `this` may be gone when the watch is no longer watched.
  void ready(const std::shared_ptr<Watch>& watch, int what, asio::error_code failed) {
    if (!watch->watched) return;
    // Readiness for what curl has stopped wanting is not its business now.
    if ((watch->wanted & what) == 0) return;
    int events = what == CURL_POLL_IN ? CURL_CSELECT_IN : CURL_CSELECT_OUT;
    if (failed) events |= CURL_CSELECT_ERR;
    const std::weak_ptr<char> still(alive);
    act(watch->socket, events);
    if (still.expired() || !watch->watched) return;
    arm(watch);
  }

  void act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi, socket, events, &running);
    finish_completed();
  }

  void finish_completed() {
    const std::weak_ptr<char> still(alive);
    int left = 0;
    while (CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode result = message->data.result;  // gone with the handle's removal
      const auto found = transfers.find(easy);
      if (found == transfers.end()) continue;
      const std::function<void(int)> done = std::move(found->second.done);
      if (!found->second.stays) {
        transfers.erase(found);
        curl_multi_remove_handle(multi, easy);
      }
      done(static_cast<int>(result));
      if (still.expired()) return;
    }
  }

  bool add(void* easy, Job job) {
    transfers[easy] = std::move(job);
    if (curl_multi_add_handle(multi, easy) == CURLM_OK) return true;
    transfers.erase(easy);
    return false;
  }

  asio::any_io_executor executor;
  asio::steady_timer timer;
  CURLM* multi = nullptr;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches;
  std::unordered_map<void*, Job> transfers;
  std::vector<void*> spare;
  bool soon = false;
  std::shared_ptr<char> alive = std::make_shared<char>();
};

CurlLoop::CurlLoop(Reactor& reactor) : state_(std::make_unique<State>(reactor)) {}
CurlLoop::~CurlLoop() = default;

void* CurlLoop::take_handle() {
  if (state_->spare.empty()) return curl_easy_init();
  void* const easy = state_->spare.back();
  state_->spare.pop_back();
  return easy;
}

void CurlLoop::give_back(void* easy) {
  if (easy == nullptr) return;
  if (state_->spare.size() >= kSpareHandles) {
    curl_easy_cleanup(easy);
    return;
  }
  curl_easy_reset(easy);
  state_->spare.push_back(easy);
}

bool CurlLoop::add(void* easy, std::function<void(int)> done) {
  return state_->add(easy, {std::move(done), false});
}

bool CurlLoop::add_connection(void* easy, std::function<void(int)> done) {
  return state_->add(easy, {std::move(done), true});
}

void CurlLoop::remove(void* easy) {
  if (state_->transfers.erase(easy) != 0) curl_multi_remove_handle(state_->multi, easy);
}

}  // namespace rt
