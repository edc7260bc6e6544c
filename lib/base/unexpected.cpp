#include "base/unexpected.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>
#include <system_error>

#include "base/log.hpp"

namespace rt {
namespace {

constexpr std::string_view kOutOfMemory = "out of memory";

// Ready made: there is no memory for it when it is needed.
std::array<char, 64> last_line;
std::size_t last_line_size = 0;

void (*last_act)() = nullptr;

void do_last_act() {
  if (last_act != nullptr) last_act();
}

[[noreturn]] void end_out_of_memory() {
  do_last_act();
  (void)!::write(STDERR_FILENO, last_line.data(), last_line_size);
  std::_Exit(exit_code(Fault::other));
}

}  // namespace

Error error_from(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    return Error(Fault::other, std::string(kOutOfMemory));
  } catch (const std::system_error& e) {
    const bool descriptors = e.code() == std::errc::too_many_files_open;
    return Error(Fault::other, e.code().message() + (descriptors ? " (ulimit -n)" : ""));
  } catch (const std::exception& e) {
    return Error(Fault::other, std::string("internal error: ") + e.what());
  } catch (...) {
    return Error(Fault::other, "internal error");
  }
}

void before_sudden_end(void (*act)()) {
  last_act = act;
}

void end_with(const Error& error) {
  do_last_act();
  Log::error(error.text());
  std::_Exit(exit_code(error.fault()));
}

void end_when_out_of_memory(std::string_view program) {
  char* end = last_line.data();
  const auto add = [&](std::string_view text) {
    const auto room = static_cast<std::size_t>(last_line.data() + last_line.size() - end);
    end = std::copy_n(text.data(), std::min(text.size(), room), end);
  };
  for (const std::string_view part : {program, std::string_view(": "), kOutOfMemory}) add(part);
  add("\n");
  last_line_size = static_cast<std::size_t>(end - last_line.data());
  std::set_new_handler(end_out_of_memory);
}

}  // namespace rt
