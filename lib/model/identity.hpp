#pragma once

#include <memory>
#include <string>
#include <utility>

namespace rt {

// Who is at the other end of a connection. Cheap to copy; nobody is known by a name yet.
class Identity {
 public:
  // Nobody in particular.
  Identity() = default;
  explicit Identity(std::string name)
      : facts_(std::make_shared<const Facts>(Facts{std::move(name)})) {}

  bool anonymous() const { return facts_ == nullptr; }
  // What the user is called; empty when anonymous.
  const std::string& name() const {
    static const std::string kNone;
    return facts_ ? facts_->name : kNone;
  }

 private:
  struct Facts {
    std::string name;
  };
  std::shared_ptr<const Facts> facts_;
};

}  // namespace rt
