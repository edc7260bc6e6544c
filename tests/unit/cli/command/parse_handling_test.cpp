#include "unit/cli/command_lines.hpp"

namespace rt {

TEST_CASE("parse: --exec") {
  const auto options =
      parsed({"rtsse", "sub", "http://h/a", "--exec", "echo 'a b'", "--exec-jobs", "4"});
  CHECK(options.exec == "echo 'a b'");
  CHECK(options.exec_jobs == 4);
  CHECK_FALSE(options.shell);
  CHECK(parsed({"rtmqtt", "pipe", "mqtt://h/a", "--exec", "x"}).exec_jobs == 1);
  // A script is sh's to judge, and may have lines.
  CHECK(parsed({"rtws", "sub", "ws://h/a", "--shell", "--exec", "it's\nfine"}).shell);
  CHECK(parsed({"rtpoll", "sub", "http://h/a", "-J", "--exec", "cat"}).exec == "cat");

  struct Row {
    Strings more;
    std::string_view part;
  };
  const Row rows[] = {
      {{"--exec", "it's"}, "--exec CMD: a ' is not closed"},
      {{"--exec", "\"x"}, "--exec CMD: a \" is not closed"},
      {{"--exec", " "}, "must name a program"},
      {{"--exec", ""}, "must name a program"},
      {{"--exec", "''"}, "it names no program"},
      {{"--exec", "a\\"}, "a backslash at its end"},
      {{"--exec-jobs", "2"}, "--exec"},
      {{"--shell"}, "--exec"},
      {{"--exec", "a", "--exec-jobs", "0"}, "--exec-jobs 0"},
      {{"--exec", "a", "--exec-jobs", "257"}, "must be at most 256"},
      {{"--exec", "a", "--output", "f"}, "exclude each other"},
      {{"--exec", "a", "--format", "%d"}, "exclude each other"},
  };
  for (const Row& row : rows) {
    Strings arguments = {"rtsse", "sub", "http://h/a"};
    arguments.insert(arguments.end(), row.more.begin(), row.more.end());
    const std::string text = refused(arguments);
    CAPTURE(text);
    CHECK(contains(text, row.part));
  }
  for (const char* const verb : {"pub", "serve"})
    CHECK(contains(refused({"rtsse", verb, "1", "--exec", "a"}), "--exec"));
}

TEST_CASE("parse: --expect, --within and --until") {
  const auto options =
      parsed({"rtsse", "sub", "http://h/a", "--expect", "\"ok\"", "--within", "5s"});
  CHECK(options.expect == "\"ok\"");
  CHECK(options.within == Milliseconds(5000));
  CHECK(parsed({"rtws", "sub", "ws://h/a", "--until", "/a b/i"}).until == "/a b/i");
  CHECK(parsed({"rtws", "pipe", "ws://h/a", "--expect", "two\nlines"}).expect == "two\nlines");

  struct Row {
    Strings more;
    std::string_view part;
  };
  const Row rows[] = {
      {{"--expect", ""}, "a pattern cannot be empty"},
      {{"--expect", "/(/"}, "--expect"},
      {{"--until", "/[a/"}, "--until"},
      {{"--until", "/(a)\\1/"}, "refer back"},
      {{"--within", "5s"}, "--expect"},
      {{"--until", "a", "--within", "5s"}, "--expect"},
      {{"--expect", "a", "--within", "0"}, "--within"},
      {{"--expect", "a", "--until", "b"}, "exclude each other"},
  };
  for (const Row& row : rows) {
    Strings arguments = {"rtsse", "sub", "http://h/a"};
    arguments.insert(arguments.end(), row.more.begin(), row.more.end());
    const std::string text = refused(arguments);
    CAPTURE(text);
    CHECK(contains(text, row.part));
  }
}

}  // namespace rt
