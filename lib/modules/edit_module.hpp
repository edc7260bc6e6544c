#pragma once

#include "io/stdio/line_editor.hpp"

// What edits lines as a module of its own: libedit is loaded when somebody types on a terminal.
// Both sides are built together, by one compiler.
namespace rt {

// What the module exports, under kEditModuleSymbol.
struct EditModule {
  // make_line_editor() of io/stdio/line_editor.hpp; null, or for the caller to delete.
  LineEditor* (*make)(LineEditorOptions&& options);
};

inline constexpr const char* kEditModuleSymbol = "rt_edit";

}  // namespace rt
