#include "io/stdio/typed_history.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace rt {
namespace {

struct Directory {
  Directory() {
    char name[] = "/tmp/rt-history-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~Directory() { std::filesystem::remove_all(path); }
  std::string path;
};

std::string content(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("what a history leaves out") {
  for (const char* const line : {"", " ", " leading blank", "\ttab"})
    CHECK_FALSE(belongs_to_history(line));
  for (const char* const line : {"a", "a ", "/ping"}) CHECK(belongs_to_history(line));
}

TEST_CASE("lines that may be secret") {
  for (const char* const line :
       {R"({"op":"auth","token":"x"})", "PASSWORD hunter2", R"({"api_key": "x"})", "api-key: x",
        R"({"apiKey":"x"})", "Authorization: Basic x", "bearer x", R"({"clientSecret":"x"})",
        R"({"access_key":"x"})", "Cookie: a=b", "pass phrase: x"})
    CHECK(may_be_secret(line));
  for (const char* const line : {"hello", R"({"op":"subscribe","channel":"ticker"})",
                                 "pass the salt", "the key of the door", "/close 4000"})
    CHECK_FALSE(may_be_secret(line));
}

TEST_CASE("programs at the same time add to one file") {
  const Directory directory;
  const std::string path = directory.path + "/a/b/history";
  TypedHistory first(path);
  TypedHistory second(path);
  CHECK(first.load().empty());
  first.add("one");
  second.add("two");
  first.add("one");
  first.add("three");
  first.add("the token is x");
  first.add(std::string(TypedHistory::kLongest + 1, 'x'));
  CHECK(content(path) == "one\ntwo\nthree\n");
  CHECK(TypedHistory(path).load() == std::vector<std::string>{"one", "two", "three"});
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  // The last one of the run before is not repeated.
  TypedHistory third(path);
  third.load();
  third.add("three");
  CHECK(content(path) == "one\ntwo\nthree\n");
}

TEST_CASE("the latest lines are kept") {
  const Directory directory;
  const std::string path = directory.path + "/history";
  for (const std::size_t count :
       {TypedHistory::kMost, 2 * TypedHistory::kMost, 2 * TypedHistory::kMost + 1}) {
    {
      std::ofstream file(path);
      for (std::size_t i = 0; i < count; ++i) file << "line " << i << '\n';
    }
    const auto lines = TypedHistory(path).load();
    REQUIRE(lines.size() == TypedHistory::kMost);
    CHECK(lines.back() == "line " + std::to_string(count - 1));
    const bool cut = count > 2 * TypedHistory::kMost;
    CHECK(TypedHistory(path).load() == lines);
    CHECK((content(path).rfind("line 0\n", 0) == 0) == !cut);
  }
}

TEST_CASE("what cannot be kept is not") {
  const Directory directory;
  for (const std::string& path :
       {std::string(), directory.path, std::string("/dev/null/x"), std::string("/dev/tty")}) {
    TypedHistory history(path);
    CHECK(history.load().empty());
    history.add("line");
    CHECK(history.load().empty());
  }
}

}  // namespace
}  // namespace rt
