#include "io/process/machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <cstddef>
#ifdef __APPLE__
#include <sys/sysctl.h>
#else
#include <cstdio>
#include <string_view>

#include "base/text.hpp"
#endif

namespace rt {
namespace {

#ifdef __APPLE__

std::string processor() {
  char name[256] = {};
  std::size_t size = sizeof name - 1;
  return sysctlbyname("machdep.cpu.brand_string", name, &size, nullptr, 0) == 0 ? name : "";
}

#else

// The first processor's; of ARM's the kernel knows no name.
std::string processor() {
  std::FILE* const file = std::fopen("/proc/cpuinfo", "re");
  if (file == nullptr) return {};
  std::string name;
  char text[512];
  while (name.empty() && std::fgets(text, sizeof text, file) != nullptr) {
    const std::string_view line = text;
    const std::size_t colon = line.find(':');
    if (!line.starts_with("model name") || colon == std::string_view::npos) continue;
    name = trim(line.substr(colon + 1, line.find('\n') - colon - 1));
  }
  std::fclose(file);
  return name;
}

#endif

}  // namespace

MachineFacts machine_facts() {
  MachineFacts out;
  out.processor = processor();
  const long processors = sysconf(_SC_NPROCESSORS_ONLN);
  if (processors > 0) out.processors = static_cast<unsigned>(processors);
  utsname names{};
  if (uname(&names) >= 0)
    out.system = std::string(names.sysname) + " " + names.release + " " + names.machine;
  return out;
}

}  // namespace rt
