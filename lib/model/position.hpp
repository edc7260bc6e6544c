#pragma once

#include <string>

namespace rt {

// How far somebody has got in what a URL brings: where another run goes on.
struct Position {
  std::string id = {};             // of the last message; at a hub the cursor
  bool at_hub = false;             // the id is a hub's
  std::string etag = {};           // of an ordinary server's last answer, as it was sent
  std::string last_modified = {};  // likewise
  std::string digest = {};         // of its body
  std::string seen = {};           // keys of its list and of those before, see SeenKeys::saved()

  bool operator==(const Position&) const = default;
};

}  // namespace rt
