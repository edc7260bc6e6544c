#include "base/result.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"

using namespace rt;

TEST_CASE("error: exit codes and what is fatal") {
  struct Row {
    Fault fault;
    int code;
    bool fatal;
  };
  const Row rows[] = {
      {Fault::other, 1, false},   {Fault::usage, 2, true},   {Fault::network, 3, false},
      {Fault::tls, 4, false},     {Fault::refused, 5, true}, {Fault::protocol, 6, true},
      {Fault::timeout, 7, false}, {Fault::closed, 8, false}, {Fault::lost, 9, false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.code);
    CHECK(exit_code(row.fault) == row.code);
    const Error error(row.fault, "text");
    CHECK(error.fatal() == row.fatal);
    CHECK(error.as_fatal().fatal());
    CHECK(error.as_fatal().fault() == row.fault);
    CHECK(error.as_fatal().within("clause").fatal());
    CHECK(error.within("clause").fatal() == row.fatal);
  }
}

TEST_CASE("error: each layer adds a clause before") {
  const Error error =
      Error(Fault::network, "connection refused").within("connect").within("ws://h/");
  CHECK(error.text() == "ws://h/: connect: connection refused");
  CHECK(error.fault() == Fault::network);
  const Error system = system_error(Fault::other, "open x", ENOENT);
  CHECK(system.text().substr(0, 8) == "open x: ");
  CHECK(system.text().size() > 8);
  CHECK(system.fault() == Fault::other);
}

TEST_CASE("error: what code acts on is kept by all that changes the rest") {
  const Error plain(Fault::network, "gone");
  CHECK(plain.cause() == Cause::unnamed);
  CHECK(plain.number() == 0);
  CHECK_FALSE(plain.has_hint());
  CHECK(plain.with_hint({}).text() == "gone");
  CHECK_FALSE(plain.with_hint({}).has_hint());

  const Error full = plain.because_of(Cause::http_status, 413).with_hint("--retry").as_fatal();
  CHECK(full.text() == "gone (--retry)");
  for (const Error& error : {full, full.within("a").within("b"), full.as(Fault::closed),
                             full.as_fatal(), full.with_hint("more"), full.with_hint({})}) {
    CAPTURE(error.text());
    CHECK(error.cause() == Cause::http_status);
    CHECK(error.number() == 413);
    CHECK(error.has_hint());
    CHECK(error.fatal());
  }
  CHECK(full.within("a").text() == "a: gone (--retry)");
  CHECK(full.as(Fault::closed).fault() == Fault::closed);
  CHECK(full.as(Fault::closed).text() == full.text());
  CHECK(full.because_of(Cause::mqtt_reason).number() == 0);
}

TEST_CASE("result: a value or an error") {
  const auto half = [](int n) -> Result<int> {
    if (n % 2 != 0) return Error(Fault::usage, "odd");
    return n / 2;
  };
  Result<int> good = half(8);
  REQUIRE(good.ok());
  CHECK(static_cast<bool>(good));
  CHECK(*good == 4);
  *good = 5;
  CHECK(*good == 5);
  const Result<int> bad = half(7);
  CHECK_FALSE(bad.ok());
  CHECK_FALSE(static_cast<bool>(bad));
  CHECK(bad.error().text() == "odd");
}

TEST_CASE("result: moves what can only be moved") {
  Result<std::unique_ptr<std::string>> result(std::make_unique<std::string>("text"));
  CHECK((*result)->size() == 4);
  const std::unique_ptr<std::string> taken = *std::move(result);
  CHECK(*taken == "text");
  CHECK(*result == nullptr);
}

TEST_CASE("result: an error as the value's neighbour is not taken for the value") {
  const Result<std::string> text(std::string("fine"));
  CHECK(text->size() == 4);
  const Result<std::string> error(Error(Fault::lost, "gone"));
  CHECK_FALSE(error.ok());
  CHECK(error.error().fault() == Fault::lost);
}

TEST_CASE("result: nothing or an error") {
  const Result<void> good;
  CHECK(good.ok());
  CHECK(static_cast<bool>(good));
  const Result<void> bad = Error(Fault::tls, "certificate expired");
  CHECK_FALSE(bad.ok());
  CHECK(bad.error().text() == "certificate expired");
}

TEST_CASE("bytes: shared once made") {
  const SharedBytes none;
  CHECK(none == nullptr);
  const SharedBytes bytes = share("abc");
  const SharedBytes other = bytes;
  CHECK(other.get() == bytes.get());
  CHECK(*other == "abc");
}
