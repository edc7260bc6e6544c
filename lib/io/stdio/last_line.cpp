#include "io/stdio/last_line.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <utility>

#include "base/log.hpp"

namespace rt {
namespace {

int writing = 0;

LastLine::Owner& owner_of(LastLine::Kind kind) {
  static std::array<LastLine::Owner, 2> owners;
  return owners[static_cast<std::size_t>(kind)];
}

bool is_there(LastLine::Kind kind) {
  return static_cast<bool>(owner_of(kind).take_off);
}

void take_off() {
  for (const LastLine::Kind kind : {LastLine::Kind::figures, LastLine::Kind::typed})
    if (is_there(kind)) owner_of(kind).take_off();
}

void put_back() {
  const LastLine::Owner& typed = owner_of(LastLine::Kind::typed);
  if (writing == 0 && typed.put_back) typed.put_back();
}

void watch_log() {
  const bool any = is_there(LastLine::Kind::figures) || is_there(LastLine::Kind::typed);
  if (any && isatty(STDERR_FILENO) == 1)
    Log::before_line(LastLine::clear);
  else
    Log::before_line(nullptr);
}

}  // namespace

bool LastLine::is_free_for(Kind kind) {
  return kind == Kind::typed || !is_there(Kind::typed);
}

void LastLine::set(Kind kind, Owner owner) {
  clear();
  owner_of(kind) = std::move(owner);
  watch_log();
}

void LastLine::reset(Kind kind) {
  owner_of(kind) = {};
  watch_log();
}

void LastLine::clear() {
  take_off();
  put_back();
}

void LastLine::Writing::begin() {
  if (!std::exchange(begun_, true)) ++writing;
  take_off();
}

void LastLine::Writing::end() {
  if (!std::exchange(begun_, false)) return;
  --writing;
  put_back();
}

bool LastLine::is_written_over() {
  return writing > 0;
}

}  // namespace rt
