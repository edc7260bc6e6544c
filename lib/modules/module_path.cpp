#include "modules/module_path.hpp"

#include <dlfcn.h>

namespace rt {

std::string module_path(std::string_view file_name) {
  static const char kAnchor = 0;
  Dl_info here{};
  if (dladdr(&kAnchor, &here) == 0 || here.dli_fname == nullptr) return std::string(file_name);
  const std::string_view library = here.dli_fname;
  return std::string(library.substr(0, library.rfind('/') + 1)) + std::string(file_name);
}

}  // namespace rt
