// The two roles joined in memory, long messages and floods of small frames (the public Autobahn
// suite's cases 9, 10, 12 and 13 try the same).
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "unit/codec/ws_session_table.hpp"

namespace rt::ws {
namespace {

std::string text_of(Random& random, std::size_t size) {
  static const std::vector<std::string> kWords = {"temperature ", "\u00e4\u00f6\u00fc ",
                                                  "{\"a\":1} ", "\U0001F600", "x"};
  std::string out;
  while (out.size() < size) out += kWords[random.next() % kWords.size()];
  return out;
}

std::string noise_of(Random& random, std::size_t size) {
  std::string out;
  while (out.size() < size) out += static_cast<char>(random.next());
  return out;
}

// Bytes on their way from one end to the other, in pieces that chance cuts, some of them by way of
// landing().
void carry(std::string bytes, End& to, Random& random) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    std::size_t size = std::min<std::size_t>(bytes.size() - at, 1 + random.next() % 40'000);
    const std::span<char> place = random.next() % 2 == 0 ? to.session.landing() : std::span<char>();
    if (place.empty()) {
      at += to.session.receive(std::span(bytes).subspan(at, size));
      continue;
    }
    size = std::min(size, place.size());
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, place.begin());
    to.session.landed(size);
    at += size;
  }
}

// Appends a message of this end, whole or in fragments that chance cuts, with control frames
// between them; the other end's events for it.
std::string send(End& from, std::string& out, Random& random) {
  static constexpr std::size_t kSizes[] = {0, 1, 10, 120, 130, 1000, 20'000, 70'000, 200'000};
  const std::size_t size = kSizes[random.next() % std::size(kSizes)];
  const bool text = random.next() % 2 == 0;
  const std::string payload = text ? text_of(random, size) : noise_of(random, size);
  const PayloadKind kind = text ? PayloadKind::text : PayloadKind::binary;
  const std::string event = words_of(text ? Opcode::text : Opcode::binary, payload) + "; ";
  if (random.next() % 2 == 0) {
    from.session.append_message(out, kind, payload);
    return event;
  }
  const Role reader = from.options.role == Role::server ? Role::client : Role::server;
  std::string events;
  std::string_view rest = payload;
  for (unsigned opcode = text ? 1 : 2;; opcode = 0) {
    const std::string_view part = rest.substr(0, random.next() % (size / 3 + 2));
    rest.remove_prefix(part.size());
    const auto key = static_cast<std::uint32_t>(random.next());
    out += wire(reader, WireFrame{opcode | (rest.empty() ? 0x80u : 0u), std::string(part)}, key);
    if (rest.empty()) break;
    if (random.next() % 4 == 0) {
      out += wire(reader, WireFrame{0x89, "p"}, key + 1);
      events += "ping p; ";
    }
  }
  return events + event;
}

std::string without_pongs(std::string events) {
  for (std::size_t at = 0; (at = events.find("pong p; ", at)) != std::string::npos;)
    events.erase(at, 8);
  return events;
}

constexpr DeflateTerms kTerms[] = {
    {},
    {true, false, false, 15, 15},
    {true, true, true, 15, 15},
    {true, true, false, 15, 15},
    {true, false, true, 9, 15},
    {true, false, false, 8, 8},
    {true, true, true, 8, 9},
};

TEST_CASE("messages reach the other end, both ways, with and without compression") {
  for (const DeflateTerms& terms : kTerms) {
    CAPTURE(deflate_answer(terms));
    Random random(42);
    End server(Role::server, defaults::kMaxMessage, terms);
    End client(Role::client, defaults::kMaxMessage, terms);
    // One of them borrows its contexts.
    server.options.contexts = std::make_shared<DeflateContexts>();
    for (int round = 0; round < 30; ++round) {
      for (const auto& [from, to] : {std::pair(&server, &client), std::pair(&client, &server)}) {
        std::string bytes;
        std::string events;
        for (std::uint64_t i = random.next() % 4; i > 0; --i) events += send(*from, bytes, random);
        bytes += std::exchange(from->session.output(), {});
        carry(bytes, *to, random);
        const bool same = without_pongs(std::exchange(to->recorder.events, {})) == events;
        REQUIRE(same);
        CHECK(to->recorder.held == 0);
        CHECK(to->session.state() == Session::State::open);
      }
    }
    server.session.close(1001, "end");
    carry(std::exchange(server.session.output(), {}), client, random);
    carry(std::exchange(client.session.output(), {}), server, random);
    CHECK(server.session.state() == Session::State::ended);
    CHECK(client.session.state() == Session::State::ended);
    CHECK(client.session.closed_by_peer());
    CHECK_FALSE(server.session.closed_by_peer());
  }
}

TEST_CASE("9: long messages, in frames and pieces of all sizes") {
  for (const Role role : {Role::server, Role::client}) {
    for (const std::size_t size : {65'536u, 1'048'576u}) {
      for (const std::size_t fragment : {64u, 1'300u, 4'096u, 65'536u, 1'048'576u}) {
        for (const std::size_t piece : {997u, 65'536u, 10'000'000u}) {
          CAPTURE(fragment);
          const std::string payload(size, '*');
          std::vector<WireFrame> frames;
          for (std::size_t at = 0; at < size; at += fragment)
            frames.push_back({at == 0 ? 1u : 0u, payload.substr(at, fragment)});
          frames.back().first |= 0x80;
          End end(role, size);
          end.recorder.moved = true;
          end.receive(wire(role, frames), piece);
          REQUIRE(end.recorder.kept.size() == 1);
          const bool same = end.recorder.kept[0] == payload;
          CHECK(same);
          CHECK(end.recorder.most_held <= size);
          // One byte more is too much.
          frames.back().payload += '*';
          End other(role, size);
          other.receive(wire(role, frames), piece);
          CHECK(other.said() == "| close 1009 message too big; | closing");
          CHECK(other.recorder.held == 0);
        }
      }
    }
  }
}

TEST_CASE("a length is judged before its payload comes") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string first = wire(role, WireFrame{0x02, std::string(600, 'x')});
    const std::string more = wire(role, WireFrame{0x00, std::string(401, 'x')});
    End end(role, 1000);
    const std::size_t header = more.size() - 401;
    end.receive(first + more.substr(0, header - 1));
    CHECK(end.session.state() == Session::State::open);
    CHECK(end.session.message_bytes() == 600);
    end.receive(more.substr(header - 1, 1));
    CHECK(end.said() == "| close 1009 message too big; | closing");
    CHECK(end.recorder.held == 0);
  }
}

TEST_CASE("what is announced and does not come is not held") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string bytes = wire(role, WireFrame{0x82, std::string(1u << 20, 'x')});
    End end(role);
    end.receive(bytes.substr(0, 16));
    CHECK(end.recorder.most_held < 100);
    CHECK(end.session.landing().empty());
    for (std::size_t at = 16; at < 100'000; at += 1000) {
      end.receive(bytes.substr(at, 1000));
      CHECK(end.recorder.held <= std::max<std::size_t>(2 * (at + 1000), 100));
    }
  }
}

TEST_CASE("floods of empty fragments, of fragments of one byte, and of small messages") {
  for (const Role role : {Role::server, Role::client}) {
    for (const std::size_t size : {0u, 1u}) {
      constexpr std::size_t kMany = 300'000;
      std::string bytes = wire(role, WireFrame{0x02});
      const std::string fragment = wire(role, WireFrame{0x00, std::string(size, 'x')});
      for (std::size_t i = 0; i < kMany; ++i) bytes += fragment;
      bytes += wire(role, WireFrame{0x80});
      End end(role);
      end.recorder.moved = true;
      end.receive(bytes, 16'384);
      REQUIRE(end.recorder.kept.size() == 1);
      CHECK(end.recorder.kept[0].size() == size * kMany);
      // Memory was asked for some times, not for each.
      CHECK(end.recorder.holds < 100);
    }
  }
}

TEST_CASE("12: compressed messages of all sizes, a thousand after one another") {
  for (const DeflateTerms& terms : kTerms) {
    if (!terms.on) continue;
    CAPTURE(deflate_answer(terms));
    Random random(9);
    for (const std::size_t size : {16u, 64u, 256u, 1024u, 4096u, 32'768u, 131'072u}) {
      End server(Role::server, 200'000, terms);
      End client(Role::client, 200'000, terms);
      client.recorder.moved = true;
      std::size_t raw = 0;
      std::size_t sent = 0;
      for (std::size_t i = 0; i < 1000 && raw < 400'000; ++i) {
        const std::string text = text_of(random, size);
        std::string bytes;
        server.session.append_message(bytes, PayloadKind::text, text);
        raw += text.size();
        sent += bytes.size();
        client.receive(bytes);
        REQUIRE(client.recorder.kept.size() == 1);
        const bool same = client.recorder.kept[0] == text;
        REQUIRE(same);
        client.recorder.kept.clear();
      }
      if (size >= 256) CHECK(sent < raw * 3 / 4);
    }
  }
}

}  // namespace
}  // namespace rt::ws
