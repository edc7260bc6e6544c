#include "io/stdio/typed_history.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include "io/loop/descriptor.hpp"

namespace rt {
namespace {

constexpr std::size_t kLargest = TypedHistory::kMost * 2 * TypedHistory::kLongest;

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// "sudo" may leave $HOME as it was: files in there are not root's to make.
bool is_own_home(const std::string& home) {
  struct stat info {};
  return home.starts_with('/') && stat(home.c_str(), &info) == 0 && info.st_uid == geteuid();
}

void make_directories(const std::string& file) {
  for (std::size_t at = file.find('/', 1); at != std::string::npos; at = file.find('/', at + 1))
    mkdir(file.substr(0, at).c_str(), 0700);
}

// Only a regular file: neither does one wait for it, nor has it other readers.
Descriptor open_regular(const std::string& path, int flags) {
  Descriptor file(open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
  struct stat info {};
  if (file.is_open() && (fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode))) return {};
  return file;
}

std::string read_whole(int fd) {
  std::string out;
  char bytes[16384];
  for (;;) {
    const ssize_t n = read(fd, bytes, sizeof bytes);
    if (n <= 0 || out.size() > kLargest) return out;
    out.append(bytes, static_cast<std::size_t>(n));
  }
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) out.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void write_whole(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

bool belongs_to_history(std::string_view line) {
  return !line.empty() && line.front() != ' ' && line.front() != '\t';
}

bool may_be_secret(std::string_view line) {
  constexpr std::array<std::string_view, 13> kWords = {
      "password", "passwd", "passphrase", "passcode",  "secret", "token",     "authorization",
      "bearer",   "apikey", "privatekey", "accesskey", "cookie", "credential"};
  // "api_key", "api-key" and "API key" are one.
  std::string letters;
  for (const char c : line)
    if (std::string_view("-_. ").find(c) == std::string_view::npos)
      letters += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::any_of(kWords.begin(), kWords.end(), [&](std::string_view word) {
    return letters.find(word) != std::string::npos;
  });
}

std::string typed_history_path(std::string_view program) {
  if (std::getenv("RT_TYPED_HISTORY") != nullptr) return variable("RT_TYPED_HISTORY");
  const std::string home = variable("HOME");
  if (!is_own_home(home)) return {};
  std::string base = variable("XDG_STATE_HOME");
  // The XDG Base Directory Specification: a relative one does not count.
  if (!base.starts_with('/')) base = home + "/.local/state";
  return base + "/rtwire/" + std::string(program) + "_history";
}

std::vector<std::string> TypedHistory::load() {
  if (path_.empty()) return {};
  const Descriptor file = open_regular(path_, O_RDWR);
  if (!file.is_open()) return {};
  flock(file.get(), LOCK_EX);
  std::vector<std::string> lines = lines_of(read_whole(file.get()));
  const bool cut = lines.size() > 2 * kMost;
  if (lines.size() > kMost)
    lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(kMost));
  if (cut) {
    std::string text;
    for (const std::string& line : lines) text += line + '\n';
    if (lseek(file.get(), 0, SEEK_SET) == 0 && ftruncate(file.get(), 0) == 0)
      write_whole(file.get(), text);
  }
  if (!lines.empty()) last_ = lines.back();
  return lines;
}

void TypedHistory::add(std::string_view line) {
  if (path_.empty() || line.size() > kLongest || may_be_secret(line) || line == last_) return;
  Descriptor file = open_regular(path_, O_WRONLY | O_APPEND | O_CREAT);
  if (!file.is_open()) {
    make_directories(path_);
    file = open_regular(path_, O_WRONLY | O_APPEND | O_CREAT);
    if (!file.is_open()) return;
  }
  last_ = line;
  flock(file.get(), LOCK_EX);
  write_whole(file.get(), last_ + '\n');
}

}  // namespace rt
