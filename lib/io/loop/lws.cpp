#include "io/loop/lws.hpp"

#include <libwebsockets.h>

#include <string>
#include <string_view>
#include <utility>

#include "base/log.hpp"

namespace rt {
namespace {

constexpr int kFewDescriptors = 64;

std::string& tls_fault() {
  static std::string fault;
  return fault;
}

// "SSL error: self-signed certificate (preverify_ok=0;err=18;depth=0)"
void note_tls_fault(std::string_view line) {
  constexpr std::string_view kPrefix = "SSL error: ";
  const std::size_t at = line.find(kPrefix);
  if (at == std::string_view::npos) return;
  line.remove_prefix(at + kPrefix.size());
  tls_fault() = line.substr(0, line.find(" (preverify"));
}

// lws's own lines go to the debug log: some are errors to it and everyday life to us.
void on_log(int, const char* line) {
  std::string_view text(line);
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  note_tls_fault(text);
  Log::debug("libwebsockets: " + std::string(text));
}

}  // namespace

LwsLoop::LwsLoop(Reactor& reactor, LwsLoopOptions options) : reactor_(reactor) {
  if (options.many) Reactor::raise_descriptor_limit();
  bridge_ = std::make_unique<UvBridge>(reactor, options.bridge);
  const int levels = Log::level() >= LogLevel::debug ? LLL_ERR | LLL_WARN | LLL_NOTICE : LLL_ERR;
  lws_set_log_level(levels, on_log);

  void* loops[1] = {bridge_->loop()};
  lws_context_creation_info info{};
  info.port = CONTEXT_PORT_NO_LISTEN;
  info.options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                 LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  if (options.check_utf8) info.options |= LWS_SERVER_OPTION_VALIDATE_UTF8;
  info.foreign_loops = loops;
  // Reads of this size keep a busy connection's cost per message low; it is one buffer for all.
  info.pt_serv_buf_size = kServiceBuffer;
  info.pcontext = &context_;  // becomes null when it is gone
  info.max_http_header_data = options.header_bytes;
  info.max_http_header_pool = options.many ? 64 : 4;
  info.timeout_secs = options.timeout_seconds;
  if (!options.many) info.fd_limit_per_thread = kFewDescriptors;
  context_ = lws_create_context(&info);
  if (context_ != nullptr) bridge_->pump();
}

LwsLoop::~LwsLoop() {
  // On a loop that is not its own lws is destroyed in steps: it closes its handles, which takes
  // turns of the loop, and frees what is left when it is told again.
  constexpr int kSteps = 3;
  constexpr int kTurns = 8;
  for (int step = 0; step < kSteps && context_ != nullptr; ++step) {
    lws_context_destroy(context_);
    for (int turn = 0; turn < kTurns && context_ != nullptr; ++turn) bridge_->run_now();
  }
}

void LwsLoop::kill(lws* wsi) {
  lws_set_timeout(wsi, PENDING_TIMEOUT_CLOSE_SEND, LWS_TO_KILL_ASYNC);
  // lws looks at its own timers only after an event: without one that may take half a minute.
  lws_cancel_service(context_);
  pump();
}

std::string LwsLoop::take_tls_fault() {
  return std::exchange(tls_fault(), {});
}

}  // namespace rt
