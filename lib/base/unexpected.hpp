#pragma once

#include <exception>
#include <string_view>

#include "base/error.hpp"

// What does not come as a value: exceptions, and memory that runs out.
namespace rt {

// An exception as what a user is told.
Error error_from(const std::exception_ptr& thrown);

// Prints the error and ends the process, from wherever that is: nothing is unwound or destroyed.
[[noreturn]] void end_with(const Error& error);

// What is called before end_with() and running out of memory end the process, in whichever thread:
// for what the process must not leave behind. One function, that neither allocates nor waits.
void before_sudden_end(void (*last_act)());

// From now on memory that runs out ends the process with one line and exit code 1, in whichever
// thread and coroutine: an exception could be lost there, and what waits for its work would wait
// for ever.
void end_when_out_of_memory(std::string_view program);

}  // namespace rt
