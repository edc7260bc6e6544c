#include "io/stdio/report_file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace rt {
namespace {

namespace fs = std::filesystem;

struct Directory {
  Directory() {
    std::string name = (fs::temp_directory_path() / "rt-report.XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Directory() { fs::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string at(const char* name) const { return (path / name).string(); }
  std::ptrdiff_t files() const {
    return std::distance(fs::directory_iterator(path), fs::directory_iterator());
  }
  fs::path path;
};

std::string content(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void put(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

TEST_CASE("report file: a new one, and nothing before the end") {
  const Directory directory;
  auto file = ReportFile::prepare(directory.at("a"));
  REQUIRE(file.ok());
  CHECK(directory.files() == 0);
  CHECK(file->write("{}\n").ok());
  CHECK(content(directory.at("a")) == "{}\n");
  CHECK(directory.files() == 1);
  const mode_t mask = umask(0);
  umask(mask);
  struct stat info {};
  REQUIRE(stat(directory.at("a").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == (0666 & ~mask));
}

TEST_CASE("report file: an old one is replaced as a whole and keeps its mode") {
  const Directory directory;
  put(directory.at("a"), "the old content, which is longer");
  REQUIRE(chmod(directory.at("a").c_str(), 0640) == 0);
  const int reader = open(directory.at("a").c_str(), O_RDONLY);
  auto file = ReportFile::prepare(directory.at("a"));
  REQUIRE(file.ok());
  CHECK(content(directory.at("a")).starts_with("the old"));
  REQUIRE(file->write("new").ok());
  CHECK(content(directory.at("a")) == "new");
  char old[64] = {};
  CHECK(read(reader, old, sizeof old) == 32);  // who has it open sees the old one whole
  close(reader);
  struct stat info {};
  REQUIRE(stat(directory.at("a").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0640);
}

TEST_CASE("report file: a link stays one") {
  const Directory directory;
  fs::create_directory(directory.path / "d");
  put(directory.at("d/target"), "old");
  fs::create_symlink("d/target", directory.path / "link");
  fs::create_symlink("link", directory.path / "again");
  fs::create_symlink("d/none", directory.path / "dangling");
  auto file = ReportFile::prepare(directory.at("again"));
  REQUIRE(file.ok());
  REQUIRE(file->write("new").ok());
  CHECK(content(directory.at("d/target")) == "new");
  CHECK(fs::is_symlink(directory.path / "link"));
  auto none = ReportFile::prepare(directory.at("dangling"));
  REQUIRE(none.ok());
  REQUIRE(none->write("made").ok());
  CHECK(content(directory.at("d/none")) == "made");
}

TEST_CASE("report file: descriptors, pipes and devices are written to") {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  auto file = ReportFile::prepare("/dev/fd/" + std::to_string(ends[1]));
  REQUIRE(file.ok());
  close(ends[1]);  // it has one of its own
  REQUIRE(file->write("{}").ok());
  char bytes[8] = {};
  CHECK(read(ends[0], bytes, sizeof bytes) == 2);
  close(ends[0]);

  // Behind what is there, though it is a regular file.
  const Directory directory;
  const int fd = open(directory.at("a").c_str(), O_RDWR | O_CREAT, 0600);
  REQUIRE(write(fd, "one\n", 4) == 4);
  auto behind = ReportFile::prepare("/dev/fd/" + std::to_string(fd));
  REQUIRE(behind.ok());
  REQUIRE(behind->write("two\n").ok());
  CHECK(content(directory.at("a")) == "one\ntwo\n");
  close(fd);

  auto null = ReportFile::prepare("/dev/null");
  REQUIRE(null.ok());
  CHECK(null->write("{}").ok());
}

TEST_CASE("report file: what cannot be written is found out before") {
  const Directory directory;
  put(directory.at("file"), "");
  const int read_only = open("/dev/null", O_RDONLY);
  struct Case {
    std::string path;
    const char* why;
  };
  const Case cases[] = {
      {directory.at("none/a"), "No such file"},
      {directory.at("file/a"), "Not a directory"},
      {directory.path.string(), "s a directory"},
      {"/dev/fd/" + std::to_string(read_only), "Bad file descriptor"},
      {"/dev/fd/9999", "Bad file descriptor"},
      {directory.at("x\n"), nullptr},
  };
  for (const Case& c : cases) {
    CAPTURE(c.path);
    const auto file = ReportFile::prepare(c.path);
    if (c.why == nullptr) {
      CHECK(file.ok());
      continue;
    }
    REQUIRE_FALSE(file.ok());
    CHECK(file.error().fault() == Fault::usage);
    CHECK(file.error().text().find(c.why) != std::string::npos);
  }
  close(read_only);
  CHECK(directory.files() == 1);
}

TEST_CASE("report file: a failure at the end leaves what was there") {
  const Directory directory;
  fs::create_directory(directory.path / "d");
  put(directory.at("d/a"), "old");
  auto file = ReportFile::prepare(directory.at("d/a"));
  REQUIRE(file.ok());
  fs::rename(directory.path / "d", directory.path / "e");
  const auto written = file->write("new");
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().fault() == Fault::other);
  CHECK(content(directory.at("e/a")) == "old");
#ifdef __linux__
  auto full = ReportFile::prepare("/dev/full");
  REQUIRE(full.ok());
  const auto failed = full->write("{}");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().text().find("No space left") != std::string::npos);
#endif
}

}  // namespace
}  // namespace rt
