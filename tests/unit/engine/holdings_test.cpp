#include "engine/holdings.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

using namespace rt;

namespace {

class Peer final : public Holder {
 public:
  Peer(std::string name, std::vector<std::string>& gone) : name_(std::move(name)), gone_(gone) {}

 private:
  void give_up() override { gone_.push_back(name_); }
  std::string name_;
  std::vector<std::string>& gone_;
};

}  // namespace

TEST_CASE("holdings: the greatest goes, and of about equal ones the oldest; the small ones stay") {
  std::vector<std::string> gone;
  Holdings account(1000);
  Peer small("small", gone);
  Peer first("first", gone);
  Peer second("second", gone);
  Peer late("late", gone);
  CHECK(account.hold(small, 10));
  CHECK(account.hold(second, 300));
  CHECK(account.hold(first, 260));  // as great as second, and later
  CHECK(account.held() == 570);
  CHECK(gone.empty());
  CHECK(account.hold(late, 440));
  CHECK(account.held() == 710);
  CHECK(gone == std::vector<std::string>{"second"});
  CHECK(second.held() == 0);
  // Whose growth passes the bound is not the one that goes, unless it is the greatest.
  CHECK(account.hold(small, 310));
  CHECK(gone == std::vector<std::string>{"second", "first"});
  CHECK(account.held() == 750);
  CHECK_FALSE(account.hold(late, 800));
  CHECK(late.held() == 0);
  CHECK(account.held() == 310);
  CHECK(gone.size() == 2);
  CHECK(account.given_up() == 3);
}

TEST_CASE("holdings: less is held, and nothing; counts are exact") {
  std::vector<std::string> gone;
  Holdings account(100);
  {
    Peer one("one", gone);
    Peer two("two", gone);
    CHECK(account.hold(one, 60));
    CHECK(account.hold(two, 40));
    CHECK(account.holders() == 2);
    CHECK(account.hold(one, 7));
    CHECK(account.held() == 47);
    CHECK(account.hold(one, 0));
    CHECK(account.holders() == 1);
    account.let_go(one);
    CHECK(account.held() == 40);
    CHECK(account.hold(one, 60));
  }
  CHECK(account.held() == 0);
  CHECK(account.holders() == 0);
  CHECK(gone.empty());
}

TEST_CASE("holdings: more than the bound by one alone is refused, and nobody else goes") {
  std::vector<std::string> gone;
  Holdings account(100);
  Peer good("good", gone);
  Peer greedy("greedy", gone);
  CHECK(account.hold(good, 50));
  CHECK_FALSE(account.hold(greedy, 1'000'000));
  CHECK(gone.empty());
  CHECK(account.held() == 50);
}

TEST_CASE("holdings: at the bound a step costs the same with many holders as with few") {
  const auto time_of = [](std::size_t holders) {
    std::vector<std::string> gone;
    Holdings account(holders * 1000);
    std::deque<Peer> peers;
    for (std::size_t i = 0; i < holders + 1; ++i) peers.emplace_back("", gone);
    for (std::size_t i = 0; i < holders; ++i) CHECK(account.hold(peers[i], 1000));
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t turn = 0; turn < 20'000; ++turn)
      (void)account.hold(peers[turn % (holders + 1)], 1000);
    CHECK(account.held() <= account.limit());
    return std::chrono::steady_clock::now() - begin;
  };
  (void)time_of(10);
  CHECK(time_of(20'000).count() < 50 * (time_of(20).count() + 1'000'000));
}

TEST_CASE("holdings: the most that was held since it was last asked") {
  std::vector<std::string> gone;
  Holdings account(1000);
  Peer one("one", gone);
  CHECK(account.take_highest() == 0);
  CHECK(account.hold(one, 700));
  CHECK(account.hold(one, 100));
  CHECK(account.take_highest() == 700);
  CHECK(account.take_highest() == 100);
  account.let_go(one);
  CHECK(account.take_highest() == 100);
  CHECK(account.take_highest() == 0);
}
