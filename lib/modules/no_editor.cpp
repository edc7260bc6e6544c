#include "io/stdio/line_editor.hpp"

// For a build without libedit.
namespace rt {

// The options are for one that edits.
// NOLINTNEXTLINE(performance-unnecessary-value-param)
std::unique_ptr<LineEditor> make_line_editor(LineEditorOptions) {
  return nullptr;
}

}  // namespace rt
