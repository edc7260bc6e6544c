#include "io/process/child.hpp"

#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include "unit/io/complete.hpp"
#include "unit/io/loop.hpp"
#include "unit/io/process/children.hpp"

namespace rt {
namespace {

using test::complete;
using test::has_children;
using test::run_until;
using test::settle_children;

asio::awaitable<std::string> all_output(ChildProcess& child) {
  std::string out;
  for (;;) {
    Result<std::string> bytes = co_await child.read_output();
    if (!bytes || bytes->empty()) co_return out;
    out += *bytes;
  }
}

ChildOptions shell(std::string script) {
  ChildOptions options;
  options.arguments = {"sh", "-c", std::move(script)};
  options.pipe_output = true;
  return options;
}

std::string output_of(Reactor& reactor, ChildOptions options) {
  ChildProcess child(reactor);
  REQUIRE(child.start(std::move(options)).ok());
  return complete(reactor, all_output(child));
}

bool exists(pid_t process) {
  return kill(process, 0) == 0;
}

// No such process, or one that nobody has reaped yet: it runs no more.
bool is_gone(pid_t process) {
  if (!exists(process)) return true;
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(stat, text);
  return text.find(") Z") != std::string::npos;
}

bool eventually(const std::function<bool()>& condition) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

std::set<std::string> open_descriptors() {
  std::set<std::string> out;
  DIR* const directory = opendir("/dev/fd");
  while (const dirent* const entry = readdir(directory)) out.insert(entry->d_name);
  closedir(directory);
  return out;
}

std::string scratch_directory() {
  char name[] = "/tmp/rt-child-test-XXXXXX";
  REQUIRE(mkdtemp(name) != nullptr);
  return name;
}

// Waits for a file with a whole line and gives the number in it.
pid_t number_in(const std::string& path) {
  pid_t out = 0;
  REQUIRE(eventually([&] {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line) || file.eof()) return false;
    out = std::atoi(line.c_str());
    return true;
  }));
  return out;
}

}  // namespace

TEST_CASE("child: what is written comes back through cat, more than a pipe holds") {
  Reactor reactor;
  ChildProcess child(reactor);
  CHECK_FALSE(child.running());
  ChildOptions options;
  options.arguments = {"cat"};
  options.pipe_input = options.pipe_output = true;
  REQUIRE(child.start(options).ok());
  CHECK(child.running());
  std::string sent;
  for (int i = 0; i < 200'000; ++i) sent += std::to_string(i) + "\n";
  bool written = false;
  const auto write = [&]() -> asio::awaitable<void> {
    const Result<void> result = co_await child.write(sent);
    CHECK(result.ok());
    written = true;
    child.close_input();
  };
  asio::co_spawn(reactor.context(), write(), asio::detached);
  CHECK(complete(reactor, all_output(child)) == sent);
  CHECK(written);
  CHECK(complete(reactor, child.wait()) == 0);
  CHECK_FALSE(child.running());
}

TEST_CASE("child: the exact status") {
  struct Case {
    const char* script;
    const char* described;
  };
  for (const Case& test :
       {Case{"exit 0", "exit status 0"}, Case{"exit 3", "exit status 3"},
        Case{"exit 127", "exit status 127"}, Case{"exit 255", "exit status 255"},
        Case{"kill -9 $$", "killed by SIGKILL"}, Case{"kill -TERM $$", "killed by SIGTERM"},
        // Ignored in this process, but not in a new program.
        Case{"kill -PIPE $$", "killed by SIGPIPE"}, Case{"kill -HUP $$", "killed by SIGHUP"}}) {
    CAPTURE(test.script);
    Reactor reactor;
    ChildProcess child(reactor);
    REQUIRE(child.start(shell(test.script)).ok());
    CHECK(describe_exit(complete(reactor, child.wait())) == test.described);
  }
}

TEST_CASE("child: what cannot be run is told at once") {
  settle_children();
  const std::string directory = scratch_directory();
  const std::string plain = directory + "/plain";
  const std::string broken = directory + "/broken";
  std::ofstream(plain) << "text\n";
  const std::string dos = directory + "/dos";
  const std::string nested = directory + "/nested";
  const std::string text = directory + "/text";
  std::ofstream(broken) << "#! /nonexistent/interpreter -x\n";
  std::ofstream(dos) << "#!/bin/sh\r\ntrue\r\n";
  std::ofstream(nested) << "#!" << plain << "\n";
  std::ofstream(text) << "true\n";
  for (const std::string& path : {broken, dos, nested, text}) chmod(path.c_str(), 0755);
  struct Case {
    std::string program;
    std::string text;
  };
  for (const Case& test :
       {Case{"rt-no-such-program", "cannot run rt-no-such-program: not found in PATH"},
        Case{"/nonexistent/x", "cannot run /nonexistent/x: No such file or directory"},
        Case{plain, "cannot run " + plain + ": it is not executable (chmod +x " + plain + ")"},
        Case{directory, "cannot run " + directory + ": it is a directory (name a program)"},
        Case{broken, "cannot run " + broken +
                         ": the interpreter that its first line names, /nonexistent/interpreter, "
                         "is not there (install it, or correct the line)"},
        Case{dos, "cannot run " + dos +
                      ": its first line ends in a carriage return (save it with Unix line ends)"},
        Case{nested, "cannot run " + nested + ": the interpreter that its first line names, " +
                         plain + ", cannot be executed (correct the line)"},
        Case{text, "cannot run " + text +
                       ": it is no program, and has no #! line (begin it with #!/bin/sh or the "
                       "like)"},
        Case{"", "cannot run \"\": No such file or directory"}}) {
    CAPTURE(test.program);
    Reactor reactor;
    ChildProcess child(reactor);
    ChildOptions options;
    options.arguments = {test.program};
    const Result<void> started = child.start(options);
    REQUIRE_FALSE(started.ok());
    CHECK(started.error().fault() == Fault::usage);
    CHECK(started.error().text() == test.text);
    CHECK_FALSE(child.running());
    CHECK_FALSE(has_children());
  }
  std::filesystem::remove_all(directory);
}

TEST_CASE("child: environment, stdin and streams of its own") {
  Reactor reactor;
  setenv("RT_TEST_KEPT", "kept", 1);
  setenv("RT_TEST_CHANGED", "before", 1);
  ChildOptions options =
      shell("echo $RT_TEST_KEPT $RT_TEST_CHANGED \"$RT_TEST_NEW\"; cat; echo end");
  options.environment = {{"RT_TEST_CHANGED", "after"}, {"RT_TEST_NEW", "a  b"}};
  CHECK(output_of(reactor, options) == "kept after a  b\nend\n");

  ChildOptions both = shell("echo out; echo err >&2");
  both.pipe_errors = true;
  ChildProcess child(reactor);
  REQUIRE(child.start(both).ok());
  CHECK(*complete(reactor, child.read_errors()) == "err\n");
  CHECK(complete(reactor, all_output(child)) == "out\n");
}

TEST_CASE("child: the bound of its memory is its own") {
  struct Case {
    std::size_t memory;
    const char* said;
  };
  for (const Case& c : {Case{0, "unlimited\n"}, Case{8u << 20, "8192\n"}}) {
    Reactor reactor;
    ChildProcess child(reactor);
    ChildOptions options = shell("ulimit -d");
    options.memory = c.memory;
    REQUIRE(child.start(std::move(options)));
    CHECK(complete(reactor, all_output(child)) == c.said);
  }
}

TEST_CASE("child: nothing of this process leaks into it") {
  Reactor reactor;
  // Not close-on-exec, as a careless library might leave it; and high.
  const int leaked = fcntl(0, F_DUPFD, 300);
  REQUIRE(leaked >= 300);
  ChildProcess other(reactor);
  ChildOptions cat;
  cat.arguments = {"cat"};
  cat.pipe_input = cat.pipe_output = true;
  REQUIRE(other.start(cat).ok());
  // One that the shell needs for its own list is all that may stand beside the streams.
  CHECK(output_of(reactor, shell("for f in /dev/fd/*; do [ -e $f ] && echo ${f##*/}; done")) ==
        "0\n1\n2\n");
  close(leaked);
  // The other one's input has a single holder: closing it is its end.
  other.close_input();
  CHECK(complete(reactor, all_output(other)).empty());
}

TEST_CASE("child: signals and the signal mask are as a new program expects them") {
  Reactor reactor;
  sigset_t some, before;
  sigemptyset(&some);
  sigaddset(&some, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &some, &before);
  ChildProcess child(reactor);
  ChildOptions options = shell("echo ready; exec sleep 60");
  REQUIRE(child.start(options).ok());
  CHECK(*complete(reactor, child.read_output()) == "ready\n");
  child.signal(SIGTERM);
  CHECK(describe_exit(complete(reactor, child.wait())) == "killed by SIGTERM");
  sigset_t now;
  pthread_sigmask(SIG_SETMASK, &before, &now);
  CHECK(sigismember(&now, SIGTERM) == 1);
}

TEST_CASE("child: writing to one that has closed its input is an error, never a signal") {
  Reactor reactor;
  ChildProcess child(reactor);
  ChildOptions options = shell("exec <&-; echo closed; sleep 60");
  options.pipe_input = true;
  REQUIRE(child.start(options).ok());
  CHECK(*complete(reactor, child.read_output()) == "closed\n");
  const Result<void> written = complete(reactor, child.write("x\n"));
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().text() == "the program has closed its input");
}

TEST_CASE("child: a full pipe holds the writer and not the loop; the object's end frees it") {
  Reactor reactor;
  auto child = std::make_unique<ChildProcess>(reactor);
  ChildOptions options = shell("exec sleep 60");
  options.pipe_input = true;
  REQUIRE(child->start(options).ok());
  const std::string much(1u << 20, 'x');
  std::optional<bool> written;
  const auto write = [&]() -> asio::awaitable<void> {
    const Result<void> result = co_await child->write(much);
    written = result.ok();
  };
  asio::co_spawn(reactor.context(), write(), asio::detached);
  test::run_for(reactor, 50ms);
  CHECK_FALSE(written.has_value());
  child.reset();
  REQUIRE(run_until(reactor, [&] { return written.has_value(); }));
  CHECK_FALSE(*written);
}

TEST_CASE("child: what the program has started is reached, too, after its own end") {
  settle_children();
  Reactor reactor;
  const std::string directory = scratch_directory();
  const std::string file = directory + "/pid";
  SUBCASE("by signal()") {
    ChildProcess child(reactor);
    REQUIRE(child.start(shell("sleep 60 >&- & echo $! > " + file + "; exit 4")).ok());
    CHECK(describe_exit(complete(reactor, child.wait())) == "exit status 4");
    const pid_t grandchild = number_in(file);
    CHECK_FALSE(is_gone(grandchild));
    child.signal(SIGTERM);
    CHECK(eventually([&] { return is_gone(grandchild); }));
  }
  SUBCASE("by the object's end, even one that ignores SIGTERM") {
    pid_t grandchild = 0;
    {
      ChildProcess child(reactor);
      REQUIRE(child
                  .start(shell("sh -c 'trap \"\" TERM; echo $$ > " + file +
                               "; while :; do sleep 1; done' >&- & wait"))
                  .ok());
      grandchild = number_in(file);
    }
    CHECK(eventually([&] { return is_gone(grandchild); }));
  }
  CHECK(run_until(reactor, [] { return !has_children(); }));
  std::filesystem::remove_all(directory);
}

TEST_CASE("child: the program dies with its parent, whatever kills that") {
  const std::string directory = scratch_directory();
  const std::string file = directory + "/pid";
  const std::string debris = directory + "/debris";
  std::ofstream(debris) << "x";
  bool guard_too = false;
  SUBCASE("SIGKILL of the parent") {}
#ifdef __linux__
  SUBCASE("SIGKILL of the parent and all its children") {
    guard_too = true;
  }
#endif
  const pid_t parent = fork();
  if (parent == 0) {
    Reactor reactor;
    ChildProcess child(reactor);
    ChildOptions options = shell("echo $$ > " + file + "; exec sleep 60");
    options.remove_afterwards = {debris};
    if (!child.start(options).ok()) _exit(1);
    reactor.context().run();
    _exit(2);
  }
  const pid_t program = number_in(file);
  CHECK_FALSE(is_gone(program));
  if (guard_too) {
    std::ifstream children("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                           "/children");
    pid_t guard = 0;
    children >> guard;
    REQUIRE(guard > 0);
    kill(parent, SIGSTOP);  // it cannot react
    kill(guard, SIGKILL);
  }
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  CHECK(eventually([&] { return is_gone(program); }));
  if (!guard_too) CHECK(eventually([&] { return !std::filesystem::exists(debris); }));
  std::filesystem::remove_all(directory);
}

TEST_CASE("child: a killed guard leaves no program behind") {
  Reactor reactor;
  const std::string directory = scratch_directory();
  const std::string file = directory + "/pid";
  ChildProcess child(reactor);
  REQUIRE(child.start(shell("ps -o ppid= -p $$ > " + file + "; exec sleep 60")).ok());
  kill(number_in(file), SIGKILL);
  CHECK(describe_exit(complete(reactor, child.wait())) == "killed by SIGKILL");
  CHECK(complete(reactor, all_output(child)).empty());  // the program held the pipe
  std::filesystem::remove_all(directory);
}

TEST_CASE(
    "child: 200 in a row leave neither descriptors nor zombies behind, in any order of ends") {
  settle_children();
  const std::set<std::string> before = open_descriptors();
  {
    Reactor reactor;
    for (int i = 0; i < 200; ++i) {
      ChildProcess child(reactor);
      ChildOptions options = shell(i % 3 == 2 ? "exec sleep 60" : "exit 0");
      options.pipe_input = options.pipe_errors = true;
      REQUIRE(child.start(options).ok());
      if (i % 3 == 0) complete(reactor, child.wait());
    }
    CHECK(run_until(reactor, [] { return !has_children(); }));
  }
  CHECK(open_descriptors() == before);
  {
    // The loop goes first.
    auto reactor = std::make_unique<Reactor>();
    auto child = std::make_unique<ChildProcess>(*reactor);
    REQUIRE(child->start(shell("exec sleep 60")).ok());
    child.reset();
    reactor.reset();
    settle_children();
  }
  CHECK(open_descriptors() == before);
}

}  // namespace rt
