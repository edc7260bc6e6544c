#include "io/hub/wire.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>

#include "model/message_id.hpp"

namespace rt {

TEST_CASE("an encoding has no more memory than it needs") {
  for (const Wire wire : {Wire::sse, Wire::sse_envelope, Wire::ws_plain, Wire::ws_v1,
                          Wire::ws_plain_deflated, Wire::ws_v1_deflated}) {
    for (const std::size_t size :
         {0u, 10u, 1000u, 32u << 10, (32u << 10) + 1, 1u << 20, 3u << 20}) {
      for (const PayloadKind kind : {PayloadKind::text, PayloadKind::binary}) {
        CAPTURE(static_cast<int>(wire));
        CAPTURE(size);
        Message message;
        message.payload.assign(size, 'x');
        message.kind = kind;
        const std::string bytes = encode(message, MessageId{}, "/a", wire);
        // What is shorter than a page is not worth a second look.
        CHECK(bytes.capacity() <= bytes.size() + bytes.size() / 4 + 4096);
      }
    }
  }
}

}  // namespace rt
