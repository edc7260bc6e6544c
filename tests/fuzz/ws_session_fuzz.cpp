// The first byte chooses what the rest is: the bytes that a session receives, frames for it (first
// byte, size, payload), or what two sessions that are joined do. The second chooses role,
// compression and the longest message, the third how the bytes are cut.
#include "codec/ws_session.hpp"

#include <deque>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "fuzz.hpp"

namespace {

using rt::PayloadKind;
using rt::fuzz::require;
using rt::fuzz::take;
using rt::fuzz::take_number;
using rt::ws::DeflateTerms;
using rt::ws::Opcode;
using rt::ws::Role;
using rt::ws::Session;

using Sent = std::pair<PayloadKind, std::string>;

struct End : rt::ws::SessionListener {
  End(Role role, std::size_t max_message, const DeflateTerms& terms)
      : options{role, max_message, [this] { return key = key * 2654435761u + 1; },
                std::make_shared<rt::ws::DeflateContexts>()},
        session(options, *this, terms) {}

  void on_message(PayloadKind kind, rt::ws::Payload payload) override {
    require(!session.in_message());
    require(payload.view().size() <= options.max_message);
    require(kind == PayloadKind::binary || rt::valid_utf8(payload.view()));
    told += kind == PayloadKind::text ? "text " : "binary ";
    told += payload.view();
    if (expected != nullptr) {
      require(!expected->empty() && expected->front() == Sent(kind, payload.take()));
      expected->pop_front();
    }
  }
  void on_control(Opcode opcode, std::string_view payload) override {
    require(payload.size() <= 125);
    told += "control " + std::to_string(static_cast<unsigned>(opcode)) + " ";
    told += payload;
  }
  bool on_hold(std::size_t bytes) override {
    require(bytes <= options.max_message + (64u << 10));
    held = bytes;
    return bytes == 0 || room;
  }

  void check() const {
    require(session.message_bytes() <= options.max_message);
    if (!session.in_message()) require(held == 0 && session.message_bytes() == 0);
    if (session.state() == Session::State::open) require(!session.violation());
  }

  std::uint32_t key = 1;
  rt::ws::SessionOptions options;
  Session session;
  std::string told;
  std::size_t held = 0;
  bool room = true;
  std::deque<Sent>* expected = nullptr;  // what the other end has sent
};

// Pieces, some of them by way of landing().
void deliver(End& to, std::string bytes, std::uint64_t cuts) {
  rt::Random random(cuts);
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::uint64_t choice = random.next();
    std::size_t size = cuts == 0 ? bytes.size() : 1 + choice % (choice % 3 == 0 ? 20'000 : 9);
    size = std::min(size, bytes.size() - at);
    const std::span<char> place = choice >> 40 & 1 ? to.session.landing() : std::span<char>();
    if (!place.empty()) {
      size = std::min(size, place.size());
      std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), size, place.begin());
      to.session.landed(size);
    } else {
      size = to.session.receive(std::span(bytes).subspan(at, size));
      require(size > 0);
    }
    at += size;
    to.check();
  }
}

// Only whole frames that this role may send, and nothing behind a close frame.
void check_output(std::string_view output, Role role) {
  bool closed = false;
  while (!output.empty()) {
    require(!closed);
    rt::ws::FrameHeader header;
    require(rt::ws::read_header(output, header));
    require(header.fin && header.reserved == 0 && header.minimal && header.payload <= 125);
    require(is_control(header.opcode) && header.masked == (role == Role::client));
    std::string payload(output.substr(header.size, header.payload));
    require(payload.size() == header.payload);
    if (header.masked) rt::ws::mask(payload.data(), payload.size(), header.key);
    closed = header.opcode == Opcode::close;
    if (closed && !payload.empty())
      require(payload.size() >= 2 && rt::valid_utf8(payload.substr(2)));
    take(output, header.size + payload.size());
  }
}

std::string summary(const End& end) {
  std::string out = end.told + "|" + std::to_string(static_cast<int>(end.session.state())) + "|" +
                    std::to_string(end.session.peer_code()) + end.session.peer_reason();
  if (end.session.violation()) out += "|" + end.session.violation()->text();
  return out;
}

// However they are cut, the same comes out.
void check_bytes(const std::string& bytes, Role role, std::size_t most, const DeflateTerms& terms,
                 std::uint64_t cuts) {
  End whole(role, most, terms);
  End cut(role, most, terms);
  deliver(whole, bytes, 0);
  deliver(cut, bytes, cuts + 1);
  require(summary(whole) == summary(cut));
  require(whole.session.output() == cut.session.output());
  require(whole.session.output().size() < 5000);
  check_output(whole.session.output(), role);
}

std::string frames_of(std::string_view input, Role reader) {
  std::string bytes;
  while (!input.empty()) {
    const auto first = static_cast<char>(take_number(input, 1));
    std::size_t size = take_number(input, 1);
    // A few sizes stand for long payloads.
    const std::size_t times = size >= 250 ? (size - 249) * 200 : 1;
    size = size >= 250 ? 5 : size;
    const std::string_view part = take(input, size);
    std::string payload;
    for (std::size_t i = 0; i < times; ++i) payload += part;
    const std::size_t start = bytes.size();
    if (reader == Role::server)
      rt::ws::append_masked_frame(bytes, Opcode::binary, payload,
                                  static_cast<std::uint32_t>(start * 2654435761u));
    else
      rt::ws::append_frame(bytes, Opcode::binary, payload);
    bytes[start] = first;
  }
  return bytes;
}

// One end's messages and control frames arrive at the other.
class Joined {
 public:
  Joined(std::size_t most, const DeflateTerms& terms, std::uint64_t cuts)
      : cuts_(cuts), ends_{{Role::server, most, terms}, {Role::client, most, terms}} {
    ends_[0].expected = &sent_[1];
    ends_[1].expected = &sent_[0];
  }

  void run(std::string_view input) {
    while (!input.empty()) {
      const std::uint64_t choice = take_number(input, 1);
      const std::string_view payload = take(input, take_number(input, 1));
      act(choice & 1, choice >> 1 & 7, payload);
      if (choice >> 4 & 1) carry(choice & 1);
      if (choice >> 5 & 1) carry(1 - (choice & 1));
    }
    for (int i = 0; i < 3; ++i)
      for (const std::size_t from : {std::size_t{0}, std::size_t{1}}) carry(from);
    for (const std::size_t from : {std::size_t{0}, std::size_t{1}}) {
      require(!ends_[from].session.violation() || !fits_);
      if (!deaf_[1 - from] && fits_) require(sent_[from].empty());
    }
  }

 private:
  void act(std::size_t who, std::uint64_t what, std::string_view payload) {
    End& end = ends_[who];
    switch (what) {
      case 0:
        return end.session.ping(payload.substr(0, 125));
      case 1:
        return end.session.close(1001, payload.substr(0, 50));
      case 2:
        deaf_[who] = true;
        return end.session.give_up(1013, "no room");
      case 3:
        return send(who, PayloadKind::binary, std::string(payload));
      case 4: {
        std::string repeated;
        for (std::size_t i = 0; i < 400; ++i) repeated += payload;
        return send(who, PayloadKind::binary, repeated);
      }
      default:
        return send(who, rt::valid_utf8(payload) ? PayloadKind::text : PayloadKind::binary,
                    std::string(payload));
    }
  }

  void send(std::size_t who, PayloadKind kind, std::string payload) {
    End& end = ends_[who];
    if (end.session.state() != Session::State::open) return;
    fits_ = fits_ && payload.size() <= end.options.max_message;
    wire_[who] += std::exchange(end.session.output(), {});
    end.session.append_message(wire_[who], kind, payload);
    sent_[who].emplace_back(kind, std::move(payload));
  }

  void carry(std::size_t from) {
    wire_[from] += std::exchange(ends_[from].session.output(), {});
    deliver(ends_[1 - from], std::exchange(wire_[from], {}), cuts_);
  }

  std::uint64_t cuts_;
  End ends_[2];
  std::string wire_[2];
  std::deque<Sent> sent_[2];
  bool deaf_[2] = {false, false};
  bool fits_ = true;  // no message was longer than the other end takes
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static constexpr DeflateTerms kTerms[] = {
      {},
      {true, false, false, 15, 15},
      {true, true, true, 15, 15},
      {true, false, false, 8, 9},
  };
  std::string_view input = rt::fuzz::text(data, size);
  const std::uint64_t mode = take_number(input, 1) % 3;
  const std::uint64_t choice = take_number(input, 1);
  const std::uint64_t cuts = take_number(input, 1);
  const Role role = (choice & 1) != 0 ? Role::client : Role::server;
  const DeflateTerms& terms = kTerms[choice >> 1 & 3];
  const std::size_t most = (choice & 8) != 0 ? 1000 : 100'000;
  if (mode == 0) check_bytes(std::string(input), role, most, terms, cuts);
  if (mode == 1) check_bytes(frames_of(input, role), role, most, terms, cuts);
  if (mode == 2) Joined(most, terms, cuts).run(input);
  return 0;
}
