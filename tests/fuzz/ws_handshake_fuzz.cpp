// The input is the fields of a request that may be an opening handshake.
#include "codec/ws_handshake.hpp"

#include <string>

#include "base/text.hpp"
#include "codec/http1.hpp"
#include "codec/ws_deflate_terms.hpp"
#include "codec/ws_extensions.hpp"
#include "fuzz.hpp"

namespace {

using rt::fuzz::require;
using Wish = rt::http::WebSocketWish;

// Each element that is offered is found, whole and in no other spelling.
void check_subprotocols(const rt::http1::Request& request) {
  const std::string all = request.joined("Sec-WebSocket-Protocol");
  bool rt_v1 = false;
  for (const std::string_view element : rt::split(all, ',')) {
    const std::string name(rt::trim(element));
    rt_v1 = rt_v1 || name == "rt.v1";
    if (name.empty()) continue;
    require(rt::ws::offers_subprotocol(request, name));
    require(!rt::ws::offers_subprotocol(request, name + ","));
  }
  require(rt::ws::offers_subprotocol(request, "rt.v1") == rt_v1);
}

// What a server makes of the extensions, and a client, to whom they are an answer.
void check_extensions(const rt::http1::Request& request) {
  using rt::ws::DeflateTerms;
  const std::string value = request.joined("Sec-WebSocket-Extensions");
  for (const DeflateTerms& wishes : {DeflateTerms{}, DeflateTerms{true, false, true, 15, 12},
                                     DeflateTerms{true, true, false, 9, 15}}) {
    const DeflateTerms agreed = rt::ws::accept_deflate(value, wishes);
    require(wishes.on || !agreed.on);
    require(agreed.on == !rt::ws::deflate_answer(agreed).empty());
    if (agreed.on) {
      require(agreed.server_max_window_bits >= 8 && agreed.client_max_window_bits >= 8);
      require(agreed.server_max_window_bits <= wishes.server_max_window_bits);
      require(rt::ws::parse_extensions(rt::ws::deflate_answer(agreed)).has_value());
    }
    const auto checked = rt::ws::check_deflate_answer(value, wishes);
    if (!checked || !checked->on) continue;
    require(wishes.on && rt::ws::parse_extensions(value).has_value());
    require(checked->server_max_window_bits >= 8 && checked->client_max_window_bits >= 8);
    require(checked->server_max_window_bits <= wishes.server_max_window_bits);
    require(checked->client_max_window_bits <= wishes.client_max_window_bits);
  }
}

void check_valid(const rt::http1::Request& request) {
  require(request.method == "GET" && request.minor_version >= 1 && !request.has_body);
  require(request.has_token("Upgrade", "websocket"));
  require(request.has_token("Connection", "upgrade"));
  require(request.value("Sec-WebSocket-Version") == "13");
  // 16 bytes: what is written of them has one spelling.
  const std::string_view key = request.value("Sec-WebSocket-Key");
  require(key.size() == 24 && key.substr(22) == "==");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const rt::http1::Limits limits;
  const std::string fields(rt::fuzz::text(data, size));
  for (const char* const line :
       {"GET /c HTTP/1.1\r\n", "GET /c HTTP/1.0\r\n", "PUT /c HTTP/1.1\r\n"}) {
    rt::http1::RequestDecoder decoder(limits);
    rt::http1::Request request;
    const std::string bytes = line + fields + "\r\n\r\n";
    decoder.receive(bytes, request);
    if (decoder.state() != rt::http1::RequestDecoder::State::complete) continue;
    const Wish wish = rt::ws::wish_of(request);
    if (wish == Wish::valid) check_valid(request);
    require((wish == Wish::none) == !request.has_token("Upgrade", "websocket"));
    check_subprotocols(request);
    check_extensions(request);
  }
  return 0;
}
