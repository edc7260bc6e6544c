#include "io/stdio/state_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace rt {
namespace {

struct Directory {
  Directory() {
    char name[] = "/tmp/rt-state-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string at(const char* name) const { return path + "/" + name; }
  std::string path;
};

constexpr const char* kUrl = "http://h/x";

Error refused(const std::string& path, const char* url = kUrl) {
  const auto file = StateFile::open(path, url);
  REQUIRE_FALSE(file.ok());
  return file.error();
}

TEST_CASE("what one run has saved the next one finds") {
  const Directory directory;
  const std::string path = directory.at("state");
  for (const char* const id : {"", "1", "2", "3"}) {
    const auto file = StateFile::open(path, kUrl);
    REQUIRE(file.ok());
    CHECK((*file)->found().id == id);
    const std::string next = std::to_string(*id == '\0' ? 1 : std::stoi(id) + 1);
    CHECK((*file)->save({.id = "on the way"}).ok());
    CHECK((*file)->save({.id = next}).ok());
  }
  // Nothing else is left.
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory.path))
    files += entry.exists() ? 1 : 0;
  CHECK(files == 1);
}

TEST_CASE("one run has it, also when it has been replaced") {
  const Directory directory;
  const std::string path = directory.at("state");
  {
    const auto file = StateFile::open(path, kUrl);
    REQUIRE(file.ok());
    CHECK(refused(path).fault() == Fault::other);
    REQUIRE((*file)->save({.id = "1"}).ok());
    CHECK(refused(path).fault() == Fault::other);
    CHECK(refused(path).text().find("another run has it") != std::string::npos);
  }
  CHECK(StateFile::open(path, kUrl).ok());
}

TEST_CASE("a link stays one, and the file keeps its mode") {
  const Directory directory;
  const std::string path = directory.at("state");
  const std::string link = directory.at("link");
  REQUIRE(::symlink("state", link.c_str()) == 0);
  {
    const auto file = StateFile::open(link, kUrl);
    REQUIRE(file.ok());
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    REQUIRE((*file)->save({.id = "1"}).ok());
  }
  CHECK(std::filesystem::is_symlink(link));
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0640);
  const auto again = StateFile::open(path, kUrl);
  REQUIRE(again.ok());
  CHECK((*again)->found().id == "1");
}

TEST_CASE("what is no state file, or another's, is left as it is") {
  const Directory directory;
  const std::string path = directory.at("state");
  {
    const auto file = StateFile::open(path, kUrl);
    REQUIRE(file.ok());
    REQUIRE((*file)->save({.id = "1"}).ok());
  }
  const Error other = refused(path, "http://h/y");
  CHECK(other.fault() == Fault::usage);
  CHECK(other.text().find("belongs to http://h/x (one URL, one file)") != std::string::npos);
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 1);
  const Error damaged = refused(path);
  CHECK(damaged.fault() == Fault::usage);
  CHECK(damaged.text().find("remove it to begin anew") != std::string::npos);
  std::ofstream(path) << "precious";
  CHECK_FALSE(StateFile::open(path, kUrl).ok());
  std::string content;
  std::ifstream(path) >> content;
  CHECK(content == "precious");
  CHECK(refused(directory.path).fault() == Fault::other);
  CHECK(refused("/dev/null").fault() == Fault::usage);
  CHECK(refused(directory.at("no/state")).fault() == Fault::other);
}

}  // namespace
}  // namespace rt
