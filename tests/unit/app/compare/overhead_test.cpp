#include "app/compare/overhead.hpp"

#include <doctest/doctest.h>

#include "app/compare/idle_watch.hpp"

namespace rt {

TEST_CASE("what TCP/IP and TLS add, computed") {
  using Direction = ImpairedProxy::Direction;
  const struct {
    Direction down, up;
    double connections, tcp_ip, tls;
  } rows[] = {
      {{}, {}, 0, 0, 0},
      // A message, and its acknowledgement.
      {{.bytes = 204, .writes = 1, .packets = 1}, {.acknowledgements = 1}, 0, 104, 22},
      // A request and its answer.
      {{.bytes = 500, .writes = 1, .packets = 1},
       {.bytes = 160, .writes = 1, .requests = 1, .packets = 1, .acknowledgements = 1},
       0,
       156,
       44},
      // 20 KiB at once are two records.
      {{.bytes = 20480, .writes = 1, .packets = 15}, {.acknowledgements = 7}, 0, 1144, 44},
      {{}, {}, 2, 760, 7200},
  };
  for (const auto& row : rows) {
    CHECK(tcp_ip_bytes(row.down, row.up, row.connections) == row.tcp_ip);
    CHECK(tls_bytes(row.down, row.up, row.connections) == row.tls);
  }
}

TEST_CASE("what base64 adds") {
  for (const auto& [size, added] : {std::pair{0, 0}, {1, 3}, {2, 2}, {3, 1}, {4, 4}, {300, 100}})
    CHECK(base64_bytes(size) == added);
}

TEST_CASE("what a reader costs to whom nothing is sent") {
  using Seconds = std::chrono::duration<double>;
  struct Saw {
    double at;
    std::uint64_t down, up;
  };
  const struct {
    std::vector<Saw> saw;
    std::optional<IdleFigures> figures;
  } rows[] = {
      {{}, std::nullopt},
      // It has begun, and shows no sign of life.
      {{{0.1, 0, 100}, {0.2, 200, 100}, {50, 200, 100}}, std::nullopt},
      // A heartbeat each 15 s: 3 bytes.
      {{{0.2, 200, 100}, {15.2, 203, 100}}, IdleFigures{720, 0, 15, false}},
      {{{0.2, 200, 100}, {15.2, 203, 100}, {30.2, 206, 100}, {44, 206, 100}},
       IdleFigures{720, 0, 30, false}},
      // A ping and its answer, that is seen later.
      {{{0, 4, 14}, {60, 4, 16}, {60, 6, 16}, {119, 6, 16}}, IdleFigures{120, 120, 60, false}},
  };
  for (const auto& row : rows) {
    IdleTally tally;
    for (const Saw& saw : row.saw) tally.saw(Seconds(saw.at), saw.down, saw.up);
    const auto figures = tally.figures();
    REQUIRE(figures.has_value() == row.figures.has_value());
    if (!figures) continue;
    CHECK(figures->down_bytes == doctest::Approx(row.figures->down_bytes));
    CHECK(figures->up_bytes == doctest::Approx(row.figures->up_bytes));
    CHECK(figures->seconds == doctest::Approx(row.figures->seconds));
  }
}

}  // namespace rt
