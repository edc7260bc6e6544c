#include "io/server/websocket.hpp"

#include <utility>

#include "io/server/ws_server_connection.hpp"

namespace rt {
namespace {

// An envelope, or a packet of MQTT, may be longer than the message in it, whose length is checked
// by its reader.
std::size_t with_wrapping(std::size_t max_message) {
  return 2 * max_message + (64u << 10);
}

}  // namespace

WsServer::WsServer(Reactor& reactor, Deadlines& deadlines, Holdings& holdings,
                   WsServerOptions options)
    : state_(std::make_shared<WsServerState>(reactor, deadlines, holdings, options)) {
  state_->plain.max_message = options.max_message;
  if (options.compress)
    state_->plain.contexts = state_->wrapped.contexts = std::make_shared<ws::DeflateContexts>();
  state_->wrapped.max_message = with_wrapping(options.max_message);
}

// Every message of ours is compressed for itself, since many readers get it. Those of clients are
// taken the same way: what a context holds between two messages is a hundred times an idle
// connection.
ws::DeflateTerms WsServer::accept(std::string_view extensions) const {
  ws::DeflateTerms wishes;
  wishes.on = state_->options.compress;
  wishes.server_no_context_takeover = true;
  wishes.client_no_context_takeover = true;
  return wishes.on ? ws::accept_deflate(extensions, wishes) : ws::DeflateTerms();
}

WsServer::~WsServer() {
  state_->on_empty = nullptr;
  while (state_->first != nullptr) delete state_->first;
}

void WsServer::adopt(std::unique_ptr<ByteStream> stream, const WsTerms& terms,
                     std::string_view answer, std::string_view more, WebSocketListener& listener) {
  (new WsServerConnection(*state_, std::move(stream), terms, listener))->begin(answer, more);
}

void WsServer::drain() {
  for (WsServerConnection* connection = state_->first; connection != nullptr;
       connection = connection->next())
    connection->close(1001, "the server is ending");
}

std::size_t WsServer::connections() const {
  return state_->count;
}

void WsServer::on_empty(std::function<void()> callback) {
  state_->on_empty = std::move(callback);
}

}  // namespace rt
