#include "recording_wiring.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/text.hpp"

namespace rt {
namespace {

Error unusable(Fault fault, const std::string& name, const char* what) {
  return system_error(fault, name + ": " + what, errno);
}

}  // namespace

Result<RecordOptions> record_options(Program program, const Options& options, std::string url) {
  RecordOptions out;
  if (options.record.empty()) return out;
  out.name = "--record " + printable(options.record);
  out.command = std::string(name_of(program)) + " " + std::string(name_of(options.verb));
  out.url = std::move(url);
  out.transport = transport_of(program);
  // What it holds is dropped when there is something to put in its place.
  Descriptor file(open(options.record.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666));
  if (!file.is_open()) return unusable(Fault::usage, out.name, "cannot write");
  out.file = std::make_shared<Descriptor>(std::move(file));
  return out;
}

Result<ReplayOptions> replay_options(const Options& options) {
  ReplayOptions out;
  const bool of_stdin = options.replay == "-";
  out.name = of_stdin ? "stdin" : "--replay " + printable(options.replay);
  out.speed = options.speed;
  out.max_message = options.max_message;
  if (!options.replay_from.empty())
    out.side = options.replay_from == "client" ? RecordedSide::client : RecordedSide::server;
  Descriptor file(of_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                           : open(options.replay.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat info {};
  if (!file.is_open() || fstat(file.get(), &info) != 0)
    return unusable(Fault::usage, out.name, "cannot read");
  if (S_ISDIR(info.st_mode)) return Error(Fault::usage, out.name + ": is a directory");
  struct stat written {};
  if (!options.record.empty() && stat(options.record.c_str(), &written) == 0 &&
      written.st_dev == info.st_dev && written.st_ino == info.st_ino)
    return Error(Fault::usage, out.name + ": is what --record writes: name another file");
  if (S_ISREG(info.st_mode)) out.size = static_cast<std::uint64_t>(info.st_size);
  out.file = std::make_shared<Descriptor>(std::move(file));
  return out;
}

}  // namespace rt
