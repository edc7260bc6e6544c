#include "io/net/cookie_file.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace rt {
namespace {

struct Directory {
  Directory() { REQUIRE(mkdtemp(path.data()) != nullptr); }
  ~Directory() {
    for (const char* const name : {"jar", "jar.new", "real", "link"})
      ::unlink((path + "/" + name).c_str());
    ::rmdir(path.c_str());
  }
  std::string operator/(const char* name) const { return path + "/" + name; }

  std::string path = "/tmp/rt-cookie-file-XXXXXX";
};

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  return info.st_mode & (0777 | S_IFMT);
}

}  // namespace

TEST_CASE("a file of cookies: what is not there is empty, what is replaced keeps its mode") {
  const Directory directory;
  const std::string jar = directory / "jar";
  CHECK(*read_cookie_file(jar) == "");
  // What somebody else has put there is not written to.
  std::ofstream(jar + ".new") << "trap";
  ::chmod((jar + ".new").c_str(), 0666);
  REQUIRE(replace_cookie_file(jar, "a\n").ok());
  CHECK(mode_of(jar) == (S_IFREG | 0600));
  CHECK(*read_cookie_file(jar) == "a\n");
  ::chmod(jar.c_str(), 0640);
  REQUIRE(replace_cookie_file(jar, "b\n").ok());
  CHECK(mode_of(jar) == (S_IFREG | 0640));
  CHECK(*read_cookie_file(jar) == "b\n");
}

TEST_CASE("a file of cookies behind a symbolic link stays behind it") {
  const Directory directory;
  std::ofstream(directory / "real") << "old";
  REQUIRE(::symlink("real", (directory / "link").c_str()) == 0);
  REQUIRE(replace_cookie_file(directory / "link", "new").ok());
  CHECK((mode_of(directory / "link") & S_IFMT) == S_IFLNK);
  CHECK(*read_cookie_file(directory / "real") == "new");
}

TEST_CASE("a file of cookies: what cannot be one is an error that names it") {
  const Directory directory;
  const auto folder = read_cookie_file(directory.path);
  REQUIRE_FALSE(folder.ok());
  CHECK(folder.error().fault() == Fault::usage);
  CHECK(folder.error().text() == "--cookie-jar " + directory.path + ": is no regular file");
  const auto nowhere = replace_cookie_file(directory.path + "/no/jar", "a");
  REQUIRE_FALSE(nowhere.ok());
  CHECK(nowhere.error().text().ends_with("/no/jar: cannot write: No such file or directory"));
}

}  // namespace rt
