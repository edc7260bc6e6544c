#include "codec/ws_deflate_terms.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt::ws {
namespace {

constexpr DeflateTerms kOff{};
constexpr DeflateTerms kOn{true, false, false, 15, 15};
constexpr DeflateTerms kFrugal{true, true, true, 15, 15};
constexpr DeflateTerms kSmall{true, false, false, 10, 11};

TEST_CASE("a server takes the first offer that it can meet") {
  const std::string name = "permessage-deflate";
  const struct {
    DeflateTerms wishes;
    std::string offers;
    std::string answer;
  } rows[] = {
      {kOff, name, ""},
      {kOn, "", ""},
      {kOn, "foo", ""},
      {kOn, name, name},
      {kOn, "foo, " + name + "; client_max_window_bits", name},
      {kOn, name + "; server_no_context_takeover", name + "; server_no_context_takeover"},
      {kOn, name + "; client_no_context_takeover", name + "; client_no_context_takeover"},
      {kOn, name + "; server_max_window_bits=10", name + "; server_max_window_bits=10"},
      {kOn, name + "; server_max_window_bits=\"10\"", name + "; server_max_window_bits=10"},
      {kOn, name + "; server_max_window_bits=8", name + "; server_max_window_bits=8"},
      {kOn, name + "; server_max_window_bits=15", name},
      {kOn, name + "; client_max_window_bits=9", name + "; client_max_window_bits=9"},
      {kFrugal, name, name + "; server_no_context_takeover; client_no_context_takeover"},
      {kSmall, name + "; client_max_window_bits",
       name + "; server_max_window_bits=10; client_max_window_bits=11"},
      // Who does not say that its window can be bounded cannot be asked for that.
      {kSmall, name, name + "; server_max_window_bits=10"},
      {kSmall, name + "; server_max_window_bits=9; client_max_window_bits=15",
       name + "; server_max_window_bits=9; client_max_window_bits=11"},
      {kSmall, name + "; server_max_window_bits=12; client_max_window_bits=8",
       name + "; server_max_window_bits=10; client_max_window_bits=8"},
      // What is wrong with an offer makes the next one count.
      {kOn, name + "; foo", ""},
      {kOn, name + "; foo, " + name, name},
      {kOn, name + "; server_no_context_takeover=1", ""},
      {kOn, name + "; client_no_context_takeover=1", ""},
      {kOn, name + "; server_no_context_takeover; server_no_context_takeover", ""},
      {kOn, name + "; client_no_context_takeover; client_no_context_takeover", ""},
      {kOn, name + "; server_max_window_bits", ""},
      {kOn, name + "; server_max_window_bits=7", ""},
      {kOn, name + "; server_max_window_bits=16", ""},
      {kOn, name + "; server_max_window_bits=010", ""},
      {kOn, name + "; server_max_window_bits=+9", ""},
      {kOn, name + "; server_max_window_bits=9; server_max_window_bits=9", ""},
      {kOn, name + "; client_max_window_bits=7", ""},
      {kOn, name + "; client_max_window_bits=x", ""},
      {kOn, name + "; client_max_window_bits; client_max_window_bits=9", ""},
      {kOn, name + "; server_max_window_bits=16, " + name + "; server_max_window_bits=9, " + name,
       name + "; server_max_window_bits=9"},
      {kOn, name + ";", ""},
      {kOn, "Permessage-Deflate", ""},
  };
  for (const auto& row : rows) {
    CAPTURE(row.offers);
    CHECK(deflate_answer(accept_deflate(row.offers, row.wishes)) == row.answer);
  }
}

TEST_CASE("a client's offer") {
  const std::string name = "permessage-deflate";
  CHECK(deflate_offer(kOff) == "");
  CHECK(deflate_offer(kOn) == name + "; client_max_window_bits");
  CHECK(deflate_offer(kFrugal) ==
        name + "; server_no_context_takeover; client_no_context_takeover; client_max_window_bits");
  CHECK(deflate_offer(kSmall) == name + "; server_max_window_bits=10; client_max_window_bits=11");
}

TEST_CASE("a client checks what the server chose") {
  const std::string name = "permessage-deflate";
  const DeflateTerms server_frugal{true, true, false, 15, 15};
  const struct {
    DeflateTerms wishes;
    std::string answer;
    std::string fault;
    DeflateTerms agreed;
  } rows[] = {
      {kOff, "", "", kOff},
      {kOn, "", "", kOff},
      {kOn, name, "", kOn},
      {kOn, name + "; client_no_context_takeover", "", {true, false, true, 15, 15}},
      {kOn, name + "; server_no_context_takeover", "", server_frugal},
      {kOn, name + "; server_max_window_bits=9", "", {true, false, false, 9, 15}},
      {kOn, name + "; client_max_window_bits=8", "", {true, false, false, 15, 8}},
      {kSmall, name + "; server_max_window_bits=10", "", kSmall},
      {kSmall,
       name + "; server_max_window_bits=9; client_max_window_bits=15",
       "",
       {true, false, false, 9, 11}},
      {server_frugal, name + "; server_no_context_takeover", "", server_frugal},
      {kOff, name, "an extension that was not offered", kOff},
      {kOn, "foo", "an extension that was not offered", kOff},
      {kOn, name + ", foo", "an extension that was not offered", kOff},
      {kOn, name + ", " + name, "an extension twice", kOff},
      {kOn, name + ";", "extensions in a malformed list", kOff},
      {kOn, name + "; foo", "compression with wrong parameters", kOff},
      {kOn, name + "; client_max_window_bits", "compression with wrong parameters", kOff},
      {kOn, name + "; server_max_window_bits", "compression with wrong parameters", kOff},
      {kOn, name + "; server_max_window_bits=16", "compression with wrong parameters", kOff},
      {kOn, name + "; client_max_window_bits=7", "compression with wrong parameters", kOff},
      {kOn, name + "; server_no_context_takeover=yes", "compression with wrong parameters", kOff},
      {kOn, name + "; client_no_context_takeover; client_no_context_takeover",
       "compression with wrong parameters", kOff},
      {kSmall, name, "compression that needs more memory than was offered", kOff},
      {kSmall, name + "; server_max_window_bits=11",
       "compression that needs more memory than was offered", kOff},
      {server_frugal, name, "compression that needs more memory than was offered", kOff},
  };
  for (const auto& row : rows) {
    CAPTURE(row.answer);
    const auto agreed = check_deflate_answer(row.answer, row.wishes);
    CHECK((agreed ? "" : agreed.error().text()) ==
          (row.fault.empty() ? "" : "the server chose " + row.fault));
    if (agreed) CHECK(*agreed == row.agreed);
  }
}

TEST_CASE("what one end offers the other accepts, and both agree on the same") {
  for (const DeflateTerms& client : {kOn, kFrugal, kSmall}) {
    for (const DeflateTerms& server : {kOn, kFrugal, kSmall}) {
      const DeflateTerms accepted = accept_deflate(deflate_offer(client), server);
      const auto checked = check_deflate_answer(deflate_answer(accepted), client);
      REQUIRE(checked);
      CHECK(checked->on);
      CHECK(checked->server_max_window_bits == accepted.server_max_window_bits);
      CHECK(checked->client_max_window_bits <= accepted.client_max_window_bits);
      CHECK(checked->server_no_context_takeover == accepted.server_no_context_takeover);
      CHECK(checked->client_no_context_takeover == accepted.client_no_context_takeover);
    }
  }
}

}  // namespace
}  // namespace rt::ws
