#include "base/unexpected.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <string>
#include <system_error>

using namespace rt;

namespace {

std::error_code system_code(std::errc code) {
  return std::make_error_code(code);
}

}  // namespace

TEST_CASE("an exception is told as what it means to the user") {
  struct Row {
    std::exception_ptr thrown;
    std::string text;
  };
  const Row rows[] = {
      {std::make_exception_ptr(std::bad_alloc()), "out of memory"},
      {std::make_exception_ptr(std::bad_array_new_length()), "out of memory"},
      {std::make_exception_ptr(
           std::system_error(system_code(std::errc::too_many_files_open), "epoll")),
       "Too many open files (ulimit -n)"},
      {std::make_exception_ptr(
           std::system_error(system_code(std::errc::permission_denied), "thread")),
       "Permission denied"},
      {std::make_exception_ptr(std::out_of_range("at")), "internal error: at"},
      {std::make_exception_ptr(1), "internal error"},
  };
  for (const Row& row : rows) {
    const Error error = error_from(row.thrown);
    CHECK(error.text() == row.text);
    CHECK(exit_code(error.fault()) == 1);
  }
}

TEST_CASE("memory that runs out is one line and exit code 1") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], STDERR_FILENO);
    end_when_out_of_memory("program");
    std::get_new_handler()();
    _exit(0);
  }
  close(ends[1]);
  char said[64];
  const ssize_t size = read(ends[0], said, sizeof said);
  close(ends[0]);
  REQUIRE(size > 0);
  CHECK(std::string(said, static_cast<std::size_t>(size)) == "program: out of memory\n");
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
}
