#include "app/link.hpp"

#include "base/text.hpp"

namespace rt {

asio::awaitable<Result<Batch>> Link::read() {
  co_return Error(Fault::other, "this transport has no way down");
}

asio::awaitable<Result<void>> Link::write(const Batch&) {
  co_return Error(Fault::other, "this transport has no way up");
}

asio::awaitable<Result<void>> SseLink::open() {
  Result<void> result = co_await source_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

asio::awaitable<Result<void>> HttpPublishLink::write(const Batch& batch) {
  Result<void> result = co_await sink_.write(batch);
  established_ = established_ || result.ok() || sink_.accepted() > 0;
  co_return result;
}

asio::awaitable<Result<void>> WsLink::open() {
  Result<void> result = co_await client_.connect();
  if (result && hub_ && !client_.at_hub()) {
    co_await client_.close();
    co_return Error(Fault::protocol,
                    "the other side is no rtwire hub: it does not speak rt.v1 "
                    "(leave out --hub)");
  }
  established_ = established_ || result.ok();
  co_return result;
}

asio::awaitable<Result<void>> MqttLink::open() {
  Result<void> result = co_await client_.connect();
  established_ = established_ || result.ok();
  co_return result;
}

std::string WsLink::how_it_ended() const {
  const std::uint16_t code = client_.close_code();
  if (code == 1005 || code == 1006) return {};
  std::string text = " (" + std::to_string(code);
  if (!client_.close_reason().empty()) text += " " + printable(client_.close_reason());
  return text + ")";
}

// RFC 6455 section 7.4.1: what was sent is not acceptable, and would not be the next time.
std::optional<Error> WsLink::final_refusal() const {
  switch (client_.close_code()) {
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
      break;
    default:
      return std::nullopt;
  }
  std::string text = "the peer closed with " + std::to_string(client_.close_code());
  if (!client_.close_reason().empty()) text += " (" + printable(client_.close_reason()) + ")";
  return Error(Fault::other, std::move(text)).as_fatal();
}

}  // namespace rt
