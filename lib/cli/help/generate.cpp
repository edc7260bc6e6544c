#include "cli/help/generate.hpp"

#include "base/text.hpp"

namespace rt::cli {

std::optional<Face> face_named(std::string_view name) {
  const auto names = split(kFaceNames, ' ');
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<Face>(i);
  }
  return std::nullopt;
}

std::string generate(Program program, Face face) {
  switch (face) {
    case Face::man:
      return generate_man(program);
    case Face::bash:
      return generate_bash(program);
    case Face::zsh:
      return generate_zsh(program);
    case Face::fish:
      return generate_fish(program);
  }
  return {};
}

}  // namespace rt::cli
