#include "io/process/command_runner.hpp"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "io/process/child.hpp"
#include "unit/io/loop.hpp"
#include "unit/io/process/children.hpp"

namespace rt {
namespace {

using test::has_children;
using test::run_for;
using test::run_until;
using Environment = std::vector<std::pair<std::string, std::string>>;

// A directory for what commands leave behind.
class Place {
 public:
  Place() {
    char name[] = "/tmp/rt-runner-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Place() { std::filesystem::remove_all(path_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  std::string at(const std::string& name) const { return path_ + "/" + name; }
  std::string read(const std::string& name) const {
    std::ostringstream out;
    out << std::ifstream(at(name)).rdbuf();
    return out.str();
  }
  bool has(const std::string& name) const { return std::filesystem::exists(at(name)); }

 private:
  std::string path_;
};

struct Runs {
  Runs(Reactor& r, std::vector<std::string> words, std::size_t jobs = 1)
      : reactor(r),
        runner(r, {std::move(words), jobs, "RTMSG_"}, [this](auto ticket, auto status, auto) {
          ends.emplace(ticket, status ? describe_exit(*status) : status.error().text());
        }) {}
  Result<void> start(std::uint64_t ticket, std::string input = {}, const Environment& more = {}) {
    return runner.start(ticket, std::make_shared<const std::string>(std::move(input)), more);
  }
  bool wait(std::size_t count) {
    return run_until(reactor, [&] { return ends.size() >= count; });
  }
  Reactor& reactor;
  std::map<std::uint64_t, std::string> ends;
  CommandRunner runner;
};

std::vector<std::string> sh(std::string script, const std::string& argument = {}) {
  return {"sh", "-c", std::move(script), "sh", argument};
}

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* const directory = opendir("/dev/fd");
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

bool gone(pid_t pid) {
  return kill(pid, 0) != 0 && errno == ESRCH;
}

}  // namespace

TEST_CASE("runner: stdin, environment and status") {
  const Place place;
  Reactor reactor;
  setenv("RTMSG_EVENT", "of an outer command", 1);
  setenv("RT_TEST_KEPT", "kept", 1);
  Runs runs(reactor, sh("cat >\"$1/in\"; env >\"$1/env\"; exit 3", place.at("")));
  REQUIRE(runs.runner.begin().ok());
  REQUIRE(runs.start(7, "a\nb", {{"RTMSG_ID", "x\ny=z"}}).ok());
  REQUIRE(runs.wait(1));
  unsetenv("RTMSG_EVENT");
  CHECK(runs.ends.at(7) == "exit status 3");
  CHECK(place.read("in") == "a\nb");
  const std::string environment = place.read("env");
  CHECK(environment.find("RTMSG_ID=x\ny=z\n") != std::string::npos);
  CHECK(environment.find("RTMSG_EVENT") == std::string::npos);
  CHECK(environment.find("RT_TEST_KEPT=kept") != std::string::npos);
}

TEST_CASE("runner: how commands end") {
  struct Row {
    std::vector<std::string> words;
    std::string end;
  };
  const Row rows[] = {
      {{"true"}, "exit status 0"},
      {{"false"}, "exit status 1"},
      {sh("kill -KILL $$"), "killed by SIGKILL"},
      {sh("kill -PIPE $$"), "killed by SIGPIPE"},
      {sh("kill -INT $$"), "killed by SIGINT"},
  };
  for (const Row& row : rows) {
    Reactor reactor;
    Runs runs(reactor, row.words);
    REQUIRE(runs.runner.begin().ok());
    REQUIRE(runs.start(0).ok());
    REQUIRE(runs.wait(1));
    CHECK(runs.ends.at(0) == row.end);
  }
  CHECK_FALSE(has_children());
}

TEST_CASE("runner: a program that is not there is told before the first run") {
  const Place place;
  std::ofstream(place.at("no-rights")) << "#!/bin/sh\n";
  std::ofstream(place.at("no-format")) << "nothing that a system executes\n";
  std::filesystem::permissions(place.at("no-format"), std::filesystem::perms::all);
  std::ofstream(place.at("no-interpreter")) << "#!/nonexistent/sh\n";
  std::filesystem::permissions(place.at("no-interpreter"), std::filesystem::perms::all);
  for (const std::string& name :
       {std::string("rt-no-such-program"), place.at("nothing"), place.at("no-rights"),
        place.at("no-interpreter"), place.at(""), std::string()}) {
    CAPTURE(name);
    Reactor reactor;
    Runs runs(reactor, {name});
    const Result<void> begun = runs.runner.begin();
    REQUIRE_FALSE(begun.ok());
    CHECK(begun.error().fault() == Fault::usage);
    CHECK(begun.error().text().find("cannot run ") == 0);
  }
  Reactor reactor;
  Runs runs(reactor, {place.at("no-format")});
  REQUIRE(runs.runner.begin().ok());
  REQUIRE(runs.start(0).ok());
  REQUIRE(runs.wait(1));
  CHECK(runs.ends.at(0) == "cannot run " + place.at("no-format") +
                               ": it is no program, and has no #! line (begin it with #!/bin/sh or "
                               "the like, or give --shell)");
}

TEST_CASE("runner: an input that is longer than a pipe") {
  const Place place;
  const std::string input(3u << 20, 'x');
  Reactor reactor;
  {
    Runs runs(reactor, sh("wc -c >\"$1/count\"", place.at("")));
    REQUIRE(runs.runner.begin().ok());
    REQUIRE(runs.start(0, input).ok());
    REQUIRE(runs.wait(1));
    CHECK(std::stoul(place.read("count")) == input.size());
  }
  // Read in part, not at all, and closed at once.
  for (const char* const script : {"head -c 100000 >/dev/null", "true", "exec <&-; sleep 0.05"}) {
    Runs runs(reactor, sh(script));
    REQUIRE(runs.runner.begin().ok());
    REQUIRE(runs.start(0, input).ok());
    REQUIRE(runs.wait(1));
    CHECK(runs.ends.at(0) == "exit status 0");
  }
}

TEST_CASE("runner: several at a time") {
  Reactor reactor;
  Runs runs(reactor, sh("read x; test \"$x\" = stay && exec sleep 60; exit 0"), 3);
  REQUIRE(runs.runner.begin().ok());
  REQUIRE(runs.start(0, "stay\n").ok());
  REQUIRE(runs.start(1, "go\n").ok());
  REQUIRE(runs.start(2, "go\n").ok());
  CHECK(runs.runner.running() == 3);
  REQUIRE(runs.wait(2));
  CHECK(runs.ends.count(0) == 0);
  CHECK(runs.runner.running() == 1);
  runs.runner.signal(SIGTERM);
  REQUIRE(runs.wait(3));
  CHECK(runs.ends.at(0) == "killed by SIGTERM");
  CHECK(runs.runner.running() == 0);
}

TEST_CASE("runner: many runs leave no descriptor and no zombie") {
  Reactor reactor;
  const std::string input(100'000, 'x');
  const auto run_many = [&](std::uint64_t count) {
    Runs runs(reactor, {"true"}, 4);
    REQUIRE(runs.runner.begin().ok());
    for (std::uint64_t n = 0; n < count; ++n) {
      REQUIRE(run_until(reactor, [&] { return runs.runner.running() < 4; }));
      REQUIRE(runs.start(n, n % 2 == 0 ? input : "small").ok());
    }
    REQUIRE(runs.wait(count));
  };
  run_many(2);  // what the loop opens for signals stays
  const std::size_t before = open_descriptors();
  run_many(300);
  CHECK_FALSE(has_children());
  CHECK(open_descriptors() == before);
}

TEST_CASE("runner: no descriptor but the standard streams") {
  const Place place;
  Reactor reactor;
  const int leaked = dup(0);  // not close-on-exec
  Runs runs(reactor, sh("for n in 3 4 5 6 7 8 9; do { true >&$n; } 2>/dev/null && echo $n; done "
                        ">\"$1/open\"; exit 0",
                        place.at("")));
  REQUIRE(runs.runner.begin().ok());
  REQUIRE(runs.start(0).ok());
  REQUIRE(runs.wait(1));
  close(leaked);
  CHECK(place.read("open").empty());
}

TEST_CASE("runner: what is running ends with its owner, its own children too") {
  const Place place;
  pid_t command = 0;
  pid_t beside = 0;
  {
    Reactor reactor;
    Runs runs(reactor, sh("sleep 60 & echo $$ $! >\"$1/tmp\"; mv \"$1/tmp\" \"$1/pids\"; wait",
                          place.at("")));
    REQUIRE(runs.runner.begin().ok());
    REQUIRE(runs.start(0).ok());
    REQUIRE(run_until(reactor, [&] { return place.has("pids"); }));
    std::istringstream(place.read("pids")) >> command >> beside;
    REQUIRE(command > 0);
  }
  Reactor reactor;
  CHECK(run_until(reactor, [&] {
    while (waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return gone(command) && gone(beside);
  }));
}

TEST_CASE("runner: and with its process, by SIGKILL") {
  const Place place;
  const pid_t parent = fork();
  if (parent == 0) {
    Reactor reactor;
    Runs runs(reactor,
              sh("trap '' TERM; echo $$ >\"$1/tmp\"; mv \"$1/tmp\" \"$1/pid\"; while :; do sleep "
                 "60; done",
                 place.at("")));
    if (!runs.runner.begin() || !runs.start(0)) _exit(1);
    run_for(reactor, 60s);
    _exit(0);
  }
  Reactor reactor;
  REQUIRE(run_until(reactor, [&] { return place.has("pid"); }));
  const pid_t command = std::stoi(place.read("pid"));
  REQUIRE_FALSE(gone(command));
  REQUIRE(kill(parent, SIGKILL) == 0);
  REQUIRE(waitpid(parent, nullptr, 0) == parent);
  // It does not heed SIGTERM.
  CHECK(run_until(reactor, [&] { return gone(command); }));
}

}  // namespace rt
