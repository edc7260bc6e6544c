#include "io/stdio/line_editor.hpp"

// For a build without libedit.
namespace rt {

std::unique_ptr<LineEditor> make_line_editor(LineEditorOptions) {
  return nullptr;
}

}  // namespace rt
