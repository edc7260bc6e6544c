#include "io/stdio/file_end.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "unit/io/complete.hpp"

namespace rt {
namespace {

using test::begin;
using test::complete;
using test::run_until;

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/rt-file-test-XXXXXX";
    REQUIRE(mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

void append(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::app | std::ios::binary) << text;
}

std::string content(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

FileOptions at(const std::string& path, bool from_beginning = false) {
  FileOptions options;
  options.path = path;
  options.from_beginning = from_beginning;
  return options;
}

Batch batch_of(const std::vector<std::string>& payloads) {
  Batch out;
  for (const std::string& payload : payloads) {
    auto message = std::make_shared<Message>();
    message->payload = payload;
    out.push_back(std::move(message));
  }
  return out;
}

// A source that is read all the time.
class Reading {
 public:
  Reading(Reactor& reactor, FileOptions options) : reactor_(reactor), source_(reactor, options) {
    asio::co_spawn(reactor.context(), run(), asio::detached);
  }

  using Lines = std::vector<std::string>;
  // Waits for these and checks that nothing else has come.
  bool comes_to(const Lines& lines) {
    return run_until(reactor_, [&] { return seen_.size() >= lines.size() || !error_.empty(); }) &&
           seen_ == lines;
  }
  bool fails() {
    return run_until(reactor_, [&] { return !error_.empty(); });
  }
  const Lines& seen() const { return seen_; }
  const std::string& error() const { return error_; }

 private:
  asio::awaitable<void> run() {
    for (;;) {
      Result<Batch> batch = co_await source_.read();
      if (!batch) error_ = batch.error().text();
      if (!batch || batch->empty()) co_return;
      for (const MessagePtr& message : *batch) seen_.push_back(message->payload);
    }
  }

  Reactor& reactor_;
  FileSource source_;
  Lines seen_;
  std::string error_;
};

}  // namespace

// --- following -----------------------------------------------------------------------------------

TEST_CASE("file source: from the end, or from the beginning; whole lines only") {
  const Directory directory;
  const std::string path = directory / "log";
  append(path, "old\n");
  Reactor reactor;
  Reading later(reactor, at(path));
  Reading all(reactor, at(path, true));
  CHECK(all.comes_to({"old"}));
  test::run_for(reactor, 50ms);  // the other one has found the end, too
  append(path, "one\ntw");
  CHECK(later.comes_to({"one"}));
  append(path, "o");
  test::run_for(reactor, 450ms);
  CHECK(later.seen() == Reading::Lines{"one"});
  append(path, "\n");
  CHECK(later.comes_to({"one", "two"}));
  CHECK(all.comes_to({"old", "one", "two"}));
}

TEST_CASE("file source: one that does not exist yet is read from its beginning") {
  const Directory directory;
  const std::string path = directory / "log";
  Reactor reactor;
  Reading reading(reactor, at(path));
  test::run_for(reactor, 50ms);
  append(path, "first\n");
  CHECK(reading.comes_to({"first"}));
}

TEST_CASE("file source: truncated, renamed and made anew, removed and made anew") {
  const Directory directory;
  const std::string path = directory / "log";
  Reactor reactor;
  Reading reading(reactor, at(path, true));
  append(path, "a long first line\nhalf");
  CHECK(reading.comes_to({"a long first line"}));

  // What nobody can end any more is a line.
  std::filesystem::resize_file(path, 0);
  append(path, "b\n");
  CHECK(reading.comes_to({"a long first line", "half", "b"}));

  // The writer still has the old one for a while.
  std::filesystem::rename(path, directory / "log.1");
  append(directory / "log.1", "c\n");
  append(path, "d\n");
  append(directory / "log.1", "unfinished");
  CHECK(reading.comes_to({"a long first line", "half", "b", "c", "unfinished", "d"}));

  std::filesystem::remove(path);
  test::run_for(reactor, 250ms);
  append(path, "e\n");
  CHECK(reading.comes_to({"a long first line", "half", "b", "c", "unfinished", "d", "e"}));
}

TEST_CASE("file source: much at once, in order") {
  const Directory directory;
  const std::string path = directory / "log";
  std::string text;
  Reading::Lines lines;
  for (int i = 0; i < 100'000; ++i) {
    lines.push_back("line " + std::to_string(i));
    text += lines.back() + "\n";
  }
  append(path, text);
  Reactor reactor;
  Reading reading(reactor, at(path, true));
  CHECK(reading.comes_to(lines));
}

TEST_CASE("file source: errors name the file") {
  const Directory directory;
  Reactor reactor;
  Reading folder(reactor, at(directory / ""));
  REQUIRE(folder.fails());
  CHECK(folder.error() == "file: " + directory / "" + ": cannot read: Is a directory");

  const std::string path = directory / "log";
  append(path, "ok\ntoo long\n");
  FileOptions small = at(path, true);
  small.framing.max_message = 4;
  Reading limited(reactor, small);
  REQUIRE(limited.fails());
  CHECK(limited.seen() == Reading::Lines{"ok"});
  CHECK(limited.error().find("file: " + path + ": line 2") == 0);
}

TEST_CASE("file source: a named pipe, writer after writer") {
  const Directory directory;
  const std::string path = directory / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  Reactor reactor;
  Reading reading(reactor, at(path));
  for (const char* text : {"one\n", "two\n"}) {
    int fd = -1;
    REQUIRE(run_until(reactor, [&] {
      fd = open(path.c_str(), O_WRONLY | O_NONBLOCK);
      return fd >= 0;
    }));
    REQUIRE(write(fd, text, 4) == 4);
    close(fd);
    const std::size_t before = reading.seen().size();
    CHECK(run_until(reactor, [&] { return reading.seen().size() > before; }));
  }
  CHECK(reading.seen() == Reading::Lines{"one", "two"});
}

TEST_CASE("file source: the end of the object ends a read") {
  const Directory directory;
  Reactor reactor;
  auto source = std::make_unique<FileSource>(reactor, at(directory / "never"));
  const auto read = begin(reactor, source->read());
  test::run_for(reactor, 20ms);
  source.reset();
  REQUIRE(run_until(reactor, [&] { return read->has_value(); }));
  CHECK((**read)->empty());
}

// --- appending -----------------------------------------------------------------------------------

TEST_CASE("file sink: appends, beside what is there and what others append") {
  const Directory directory;
  const std::string path = directory / "out";
  append(path, "before\n");
  Reactor reactor;
  FileSink sink(reactor, at(path));
  REQUIRE(sink.open().ok());
  CHECK(complete(reactor, sink.write(batch_of({"one", "two"}))).ok());
  append(path, "other\n");
  CHECK(complete(reactor, sink.write(batch_of({"three"}))).ok());
  CHECK(complete(reactor, sink.finish()).ok());
  CHECK(content(path) == "before\none\ntwo\nother\nthree\n");
}

TEST_CASE("file sink: a renamed or removed file is made anew") {
  const Directory directory;
  const std::string path = directory / "out";
  Reactor reactor;
  FileSink sink(reactor, at(path));
  CHECK(complete(reactor, sink.write(batch_of({"one"}))).ok());
  std::filesystem::rename(path, directory / "out.1");
  CHECK(complete(reactor, sink.write(batch_of({"two"}))).ok());
  CHECK(content(directory / "out.1") == "one\n");
  CHECK(content(path) == "two\n");
  std::filesystem::remove(path);
  CHECK(complete(reactor, sink.write(batch_of({"three"}))).ok());
  CHECK(content(path) == "three\n");
}

TEST_CASE(
    "file sink: errors name the file; a full disk is waited for, and has no part of a batch") {
  const Directory directory;
  Reactor reactor;
  FileSink nowhere(reactor, at(directory / "missing/out"));
  const Result<void> opened = nowhere.open();
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.error().fault() == Fault::usage);
  CHECK(opened.error().text() ==
        "file: " + directory / "missing/out" + ": cannot write: No such file or directory");

  // The system's limit of a file's size stands in for a full disk: the write is cut, then fails.
  const std::string path = directory / "out";
  FileSink sink(reactor, at(path));
  CHECK(complete(reactor, sink.write(batch_of({"whole"}))).ok());
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit small = before;
  small.rlim_cur = 100;
  REQUIRE(setrlimit(RLIMIT_FSIZE, &small) == 0);
  const Batch batch = batch_of({"fits", std::string(500, 'x')});
  const auto written = begin(reactor, sink.write(batch));
  const bool waits = run_until(
      reactor, [&] { return sink.waits(); }, 10s);
  const std::string meanwhile = content(path);
  REQUIRE(setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, handler);
  CHECK(waits);
  CHECK(meanwhile == "whole\n");
  CHECK(!written->has_value());
  REQUIRE(run_until(
      reactor, [&] { return written->has_value(); }, 10s));
  CHECK((*written)->ok());
  CHECK(!sink.waits());
  CHECK(content(path) == "whole\nfits\n" + std::string(500, 'x') + "\n");
  CHECK(complete(reactor, sink.write(batch_of({"again"}))).ok());
  CHECK(content(path) == "whole\nfits\n" + std::string(500, 'x') + "\nagain\n");
}

#ifdef __linux__
TEST_CASE("file sink: a full device") {
  Reactor reactor;
  FileSink sink(reactor, at("/dev/full"));
  const Result<void> written = complete(reactor, sink.write(batch_of({"x"})));
  REQUIRE_FALSE(written.ok());
  CHECK(written.error().text() == "file: /dev/full: cannot write: No space left on device");
}
#endif

TEST_CASE("file sink: a named pipe; without a reader an error; a stalled one holds the writer") {
  const Directory directory;
  const std::string path = directory / "pipe";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);
  Reactor reactor;
  FileSink sink(reactor, at(path));
  CHECK(sink.open().error().text() == "file: " + path + ": nobody reads this pipe");
  const int reader = open(path.c_str(), O_RDONLY | O_NONBLOCK);
  REQUIRE(reader >= 0);
  REQUIRE(sink.open().ok());
  CHECK(complete(reactor, sink.write(batch_of({"one"}))).ok());
  char bytes[16];
  CHECK(read(reader, bytes, sizeof bytes) == 4);
  const Batch much = batch_of({std::string(1u << 20, 'x')});
  const auto written = begin(reactor, sink.write(much));
  test::run_for(reactor, 50ms);
  CHECK_FALSE(written->has_value());
  std::string seen(1u << 20, '\0');
  REQUIRE(run_until(reactor, [&] {
    (void)!read(reader, seen.data(), seen.size());
    return written->has_value();
  }));
  CHECK((*written)->ok());
  close(reader);
}

}  // namespace rt
