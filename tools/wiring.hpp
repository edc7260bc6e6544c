#pragma once

#include "cli/options/options.hpp"

namespace rt {

// The whole life of a program: reads the command line, runs the verb, returns the exit code.
[[gnu::visibility("default")]] int run_program(Program program, int argc, char** argv);

}  // namespace rt
