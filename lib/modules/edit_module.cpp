#include "modules/edit_module.hpp"

#include <utility>

extern "C" [[gnu::visibility("default")]] const rt::EditModule rt_edit = {
    [](rt::LineEditorOptions&& options) -> rt::LineEditor* {
      return rt::make_line_editor(std::move(options)).release();
    },
};
