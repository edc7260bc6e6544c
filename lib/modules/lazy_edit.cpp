#include <dlfcn.h>

#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "modules/edit_module.hpp"
#include "modules/module_path.hpp"

// io/stdio/line_editor.hpp's make_line_editor() for the programs: the module beside this library
// does the work. Where it or its libedit is missing, lines are typed as the terminal edits them.
namespace rt {

std::unique_ptr<LineEditor> make_line_editor(LineEditorOptions options) {
  // It stays for good, as does the editor's code with it.
  void* const handle = dlopen(module_path("librtwire-edit.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  const auto* const module = handle == nullptr
                                 ? nullptr
                                 : static_cast<const EditModule*>(dlsym(handle, kEditModuleSymbol));
  if (module == nullptr) {
    const char* const why = dlerror();
    Log::info("no line editing: " + printable(why == nullptr ? "not found" : why, 200));
    return nullptr;
  }
  return std::unique_ptr<LineEditor>(module->make(std::move(options)));
}

}  // namespace rt
