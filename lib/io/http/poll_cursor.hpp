#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "codec/json_picker.hpp"
#include "io/http/response.hpp"
#include "model/cursor_place.hpp"

namespace rt {

// From where on to ask, as the server's answers say.
class PollCursor {
 public:
  // `parameter`: of the URL's query.
  PollCursor(CursorPlace place, std::string parameter)
      : place_(std::move(place)), parameter_(std::move(parameter)) {}

  // The URL that asks from there on; as it stands while no answer has said so.
  std::string apply(const std::string& url) const;
  // What an answer says: of several values the last, with +1 the one after the greatest; nothing
  // when it says nothing. A header's number that is less than it was is a new beginning: an empty
  // one. Errors: other (what is to be found in JSON, and the answer is none).
  Result<std::optional<std::string>> find(const HttpResponse& response);
  void move_to(std::string position) { position_ = std::move(position); }
  const std::string& position() const { return position_; }

 private:
  std::optional<std::string> from_header(std::string_view value) const;

  CursorPlace place_;
  std::string parameter_;
  JsonPicker picker_;
  std::string position_;
};

}  // namespace rt
