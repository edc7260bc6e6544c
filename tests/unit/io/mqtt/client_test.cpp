#include "io/mqtt/client.hpp"

#include <doctest/doctest.h>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codec/mqtt_packet.hpp"
#include "unit/io/loop.hpp"

using namespace rt;
using namespace rt::test;
using namespace std::string_literals;
using asio::ip::tcp;
using mqtt::PacketType;

namespace {

// A broker of MQTT 5 that accepts everything and notes what it gets. The test writes messages and
// acknowledgements.
class FakeBroker {
 public:
  explicit FakeBroker(Reactor& reactor)
      : acceptor_(reactor.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    accept();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  void send(std::string_view bytes) { asio::write(*socket_, asio::buffer(bytes)); }
  void hang_up() { socket_.reset(); }
  std::size_t count(PacketType type) const { return all(type).size(); }
  std::vector<std::string> all(PacketType type) const {
    std::vector<std::string> out;
    for (const auto& packet : packets)
      if (static_cast<unsigned char>(packet[0]) >> 4 == static_cast<int>(type))
        out.push_back(packet);
    return out;
  }

  std::uint16_t first_published_id() const {
    const std::string packet = all(PacketType::publish).at(0);
    mqtt::PacketSplitter splitter(1u << 20);
    splitter.receive(packet);
    return *mqtt::packet_id(*splitter.next());
  }

  std::vector<std::string> packets;
  std::string connack = "\x20\3\0\0\0"s;
  char granted = 2;
  bool v5 = true;
  bool acknowledges = true;  // publications of QoS 1
  int connections = 0;

 private:
  void accept() {
    acceptor_.async_accept([this](asio::error_code failed, tcp::socket socket) {
      if (failed) return;
      socket_ = std::make_unique<tcp::socket>(std::move(socket));
      splitter_ = std::make_unique<mqtt::PacketSplitter>(1u << 20);
      ++connections;
      read();
      accept();
    });
  }
  void read() {
    socket_->async_read_some(asio::buffer(buffer_),
                             [this, number = connections](asio::error_code failed, std::size_t n) {
                               if (failed || number != connections || !socket_) return;
                               splitter_->receive({buffer_, n});
                               while (const auto packet = splitter_->next()) {
                                 packets.emplace_back(packet->bytes);
                                 answer(*packet);
                               }
                               if (socket_) read();
                             });
  }
  void answer(const mqtt::Packet& packet) {
    std::string out;
    switch (packet.type) {
      case PacketType::connect:
        out = connack;
        break;
      case PacketType::subscribe:
        out = v5 ? "\x90\4"s + std::string(packet.body.substr(0, 2)) + "\0"s + granted
                 : "\x90\3"s + std::string(packet.body.substr(0, 2)) + granted;
        break;
      case PacketType::publish:
        if (acknowledges && packet.qos() == 1)
          mqtt::append_acknowledgement(out, PacketType::puback, *mqtt::packet_id(packet));
        break;
      default:
        break;
    }
    if (!out.empty()) send(out);
  }

  tcp::acceptor acceptor_;
  std::unique_ptr<tcp::socket> socket_;
  std::unique_ptr<mqtt::PacketSplitter> splitter_;
  char buffer_[65536];
};

template <class T>
struct Started {
  std::shared_ptr<std::optional<T>> value = std::make_shared<std::optional<T>>();
  bool done() const { return value->has_value(); }
  T& operator*() const { return **value; }
};

template <class T>
asio::awaitable<void> keep(asio::awaitable<T> what, std::shared_ptr<std::optional<T>> value) {
  T result = co_await std::move(what);
  *value = std::move(result);
}

template <class T>
Started<T> begin(Reactor& reactor, asio::awaitable<T> what) {
  Started<T> out;
  asio::co_spawn(reactor.context(), keep(std::move(what), out.value), asio::detached);
  return out;
}

template <class T>
T finish(Reactor& reactor, asio::awaitable<T> what) {
  const Started<T> started = begin(reactor, std::move(what));
  REQUIRE(run_until(reactor, [&] { return started.done(); }));
  return std::move(*started);
}

struct Fixture {
  Reactor reactor;
  FakeBroker broker{reactor};

  MqttClientOptions options(std::uint8_t qos) {
    MqttClientOptions out;
    out.endpoint.transport = Transport::mqtt;
    out.endpoint.host = "127.0.0.1";
    out.endpoint.port = broker.port();
    out.protocol = MqttProtocol::v5;
    out.topic = "t";
    out.qos = qos;
    return out;
  }
  void open(MqttClient& client) {
    const Result<void> opened = finish(reactor, client.connect());
    REQUIRE_MESSAGE(opened.ok(), (opened ? "" : opened.error().text()));
  }
  // Of the last write(): how many were not accepted.
  std::size_t left = 0;
  Result<void> write(MqttClient& client, std::initializer_list<const char*> payloads) {
    const Batch all = batch(payloads);
    Messages rest = all;
    Result<void> written = finish(reactor, client.write(rest));
    left = rest.size();
    return written;
  }

  Batch batch(std::initializer_list<const char*> payloads) {
    Batch out;
    for (const char* payload : payloads) {
      Message message;
      message.payload = payload;
      out.push_back(std::make_shared<const Message>(std::move(message)));
    }
    return out;
  }
};

// PUBLISH to "t" with an empty list of properties.
std::string publication(int qos, std::uint16_t id, const std::string& payload, bool again = false) {
  std::string out(1, static_cast<char>(0x30 | qos << 1 | (again ? 8 : 0)));
  std::string body = "\0\1t"s;
  if (qos > 0) body += {static_cast<char>(id >> 8), static_cast<char>(id & 255)};
  body += "\0"s + payload;
  return out + static_cast<char>(body.size()) + body;
}

std::string acknowledgement(PacketType type, std::uint16_t id) {
  std::string out;
  mqtt::append_acknowledgement(out, type, id);
  return out;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a dense stream comes whole, and so does the single message after it") {
  MqttClientOptions with = options(0);
  with.filters = {"t"};
  MqttClient client(reactor, with);
  open(client);
  constexpr std::size_t kMany = 5000;
  std::size_t sent = 0;
  std::size_t got = 0;
  while (got < kMany) {
    const Started<Result<Batch>> reading = begin(reactor, client.read());
    REQUIRE(run_until(reactor, [&] {
      for (int i = 0; i < 20 && sent < kMany; ++i, ++sent) broker.send(publication(0, 0, "x"));
      return reading.done();
    }));
    REQUIRE((*reading).ok());
    got += (*reading)->size();
  }
  CHECK(got == kMany);
  for (int i = 0; i < 3; ++i) {
    broker.send(publication(0, 0, "alone"));
    const Result<Batch> last = finish(reactor, client.read());
    REQUIRE(last.ok());
    CHECK(last->front()->payload == "alone");
    run_for(reactor, 5ms);
  }
}

TEST_CASE_FIXTURE(Fixture, "QoS 1: PUBACK waits for the commit, in order") {
  MqttClientOptions with = options(1);
  with.filters = {"t"};
  with.retained = Retained::none;
  MqttClient client(reactor, with);
  open(client);
  broker.send(publication(1, 7, "a") + publication(1, 9, "b") + publication(1, 8, "c"));
  Batch got;
  while (got.size() < 3) {
    const Result<Batch> more = finish(reactor, client.read());
    REQUIRE(more.ok());
    got.insert(got.end(), more->begin(), more->end());
  }
  CHECK(got[0]->payload == "a");
  CHECK(got[2]->channel == "/t");
  run_for(reactor, 50ms);
  CHECK(broker.count(PacketType::puback) == 0);
  client.commit(1);
  CHECK(run_until(reactor, [&] { return broker.count(PacketType::puback) == 2; }));
  client.commit();
  CHECK(run_until(reactor, [&] { return broker.count(PacketType::puback) == 3; }));
  CHECK(broker.all(PacketType::puback) ==
        std::vector<std::string>{acknowledgement(PacketType::puback, 7),
                                 acknowledgement(PacketType::puback, 9),
                                 acknowledgement(PacketType::puback, 8)});
}

TEST_CASE_FIXTURE(Fixture,
                  "QoS 2: PUBREC waits for the commit, and a repetition is not read again") {
  MqttClientOptions with = options(2);
  with.filters = {"t"};
  with.retained = Retained::none;
  MqttClient client(reactor, with);
  open(client);
  broker.send(publication(2, 5, "once"));
  const Result<Batch> got = finish(reactor, client.read());
  REQUIRE(got.ok());
  CHECK(got->front()->qos == 2);
  broker.send(publication(2, 5, "once", true));
  run_for(reactor, 50ms);
  CHECK(broker.count(PacketType::pubrec) == 0);
  client.commit();
  CHECK(run_until(reactor, [&] { return broker.count(PacketType::pubrec) == 2; }));
  broker.send(acknowledgement(PacketType::pubrel, 5));
  CHECK(run_until(reactor, [&] { return broker.count(PacketType::pubcomp) == 1; }));
  broker.send(publication(2, 5, "another"));
  const Result<Batch> next = finish(reactor, client.read());
  REQUIRE(next.ok());
  REQUIRE(next->size() == 1);
  CHECK(next->front()->payload == "another");
}

TEST_CASE_FIXTURE(Fixture, "what is not acknowledged goes out again on the next connection") {
  MqttClient client(reactor, options(1));
  broker.acknowledges = false;
  open(client);
  REQUIRE(write(client, {"a", "b", "c"}).ok());
  CHECK(left == 0);
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::publish) == 3; }));
  const Started<Result<void>> flushing = begin(reactor, client.flush());
  broker.send(acknowledgement(PacketType::puback, broker.first_published_id()));
  run_for(reactor, 20ms);
  CHECK(!flushing.done());
  broker.hang_up();
  REQUIRE(run_until(reactor, [&] { return flushing.done(); }));
  CHECK((*flushing).error().fault() == Fault::network);
  broker.acknowledges = true;
  broker.packets.clear();
  open(client);
  CHECK(finish(reactor, client.flush()).ok());
  const auto again = broker.all(PacketType::publish);
  REQUIRE(again.size() == 2);
  CHECK(again[0].back() == 'b');
  CHECK(again[1].back() == 'c');
  CHECK((again[0][0] & 8) != 0);  // DUP
}

TEST_CASE_FIXTURE(Fixture,
                  "QoS 2: a broker that comes back without its session gets the message again") {
  for (const bool session : {false, true}) {
    CAPTURE(session);
    broker.connack = "\x20\3\0\0\0"s;
    broker.packets.clear();
    MqttClientOptions with = options(2);
    with.session_expiry = std::chrono::seconds(60);
    MqttClient client(reactor, with);
    open(client);
    REQUIRE(write(client, {"a"}).ok());
    REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::publish) == 1; }));
    const std::uint16_t id = broker.first_published_id();
    broker.send(acknowledgement(PacketType::pubrec, id));
    REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::pubrel) == 1; }));
    broker.hang_up();
    REQUIRE(run_until(reactor, [&] { return !client.connected(); }));
    broker.packets.clear();
    broker.connack[2] = session ? '\1' : '\0';
    open(client);
    const Started<Result<void>> flushing = begin(reactor, client.flush());
    const PacketType again = session ? PacketType::pubrel : PacketType::publish;
    REQUIRE(run_until(reactor, [&] { return broker.count(again) == 1; }));
    if (!session) {
      broker.send(acknowledgement(PacketType::pubrec, broker.first_published_id()));
      REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::pubrel) == 1; }));
    }
    CHECK(broker.count(PacketType::publish) == (session ? 0 : 1));
    CHECK(!flushing.done());
    broker.send(acknowledgement(PacketType::pubcomp, id));
    REQUIRE(run_until(reactor, [&] { return flushing.done(); }));
    CHECK((*flushing).ok());
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "of a session that outlives the connection only the first CONNECT is clean") {
  struct Case {
    std::string id;
    bool clean;
    std::optional<std::chrono::seconds> expiry;
    std::string flags;  // Clean Start of the first and of the second CONNECT
  };
  const Case cases[] = {
      {"mine", true, 60s, "10"},  {"mine", true, std::nullopt, "11"},
      {"mine", false, 60s, "00"}, {"", true, 60s, "00"},
      {"", true, 0s, "11"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.id);
    CAPTURE(c.flags);
    broker.packets.clear();
    MqttClientOptions with = options(1);
    with.client_id = c.id;
    with.clean = c.clean;
    with.session_expiry = c.expiry;
    MqttClient client(reactor, with);
    open(client);
    broker.hang_up();
    REQUIRE(run_until(reactor, [&] { return !client.connected(); }));
    open(client);
    std::string flags;
    for (const std::string& connect : broker.all(PacketType::connect))
      flags += (connect.at(9) & 2) != 0 ? '1' : '0';
    CHECK(flags == c.flags);
  }
}

TEST_CASE_FIXTURE(
    Fixture, "MQTT 3.1.1: a subscriber's session lasts for the run, and is discarded at its end") {
  struct Case {
    std::string id, filter;
    std::optional<std::chrono::seconds> expiry;
    std::string flags;  // Clean Session of each CONNECT
  };
  const Case cases[] = {
      {"", "t", 60s, "001"},
      {"", "", 60s, "11"},
      {"", "t", std::nullopt, "11"},
      {"mine", "t", 60s, "11"},
  };
  broker.v5 = false;
  for (const Case& c : cases) {
    CAPTURE(c.flags);
    broker.packets.clear();
    broker.connack = "\x20\2\0\0"s;
    MqttClientOptions with = options(1);
    with.protocol = MqttProtocol::v311;
    with.client_id = c.id;
    if (!c.filter.empty()) with.filters = {c.filter};
    with.session_expiry = c.expiry;
    MqttClient client(reactor, with);
    open(client);
    broker.hang_up();
    REQUIRE(run_until(reactor, [&] { return !client.connected(); }));
    broker.connack[2] = c.flags[1] == '0' ? '\1' : '\0';
    open(client);
    client.hurry();
    auto close = [&]() -> asio::awaitable<Result<void>> {
      co_await client.close();
      co_return Result<void>();
    };
    REQUIRE(finish(reactor, close()).ok());
    REQUIRE(run_until(reactor,
                      [&] { return broker.count(PacketType::disconnect) == c.flags.size() - 1; }));
    std::string flags;
    std::string ids;
    for (const std::string& connect : broker.all(PacketType::connect)) {
      flags += (connect.at(9) & 2) != 0 ? '1' : '0';
      if (ids.empty()) ids = connect.substr(12);
      CHECK(connect.substr(12) == ids);
    }
    CHECK(flags == c.flags);
    // Nothing is subscribed to at the last.
    CHECK(broker.count(PacketType::subscribe) == (c.filter.empty() ? 0 : 2));
  }
}

TEST_CASE_FIXTURE(Fixture, "no more is under way than the broker wants, and it goes in order") {
  MqttClient client(reactor, options(1));
  broker.connack = "\x20\6\0\0\3\x21\0\2"s;  // Receive Maximum 2
  broker.acknowledges = false;
  open(client);
  REQUIRE(write(client, {"a", "b", "c", "d"}).ok());
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::publish) == 2; }));
  run_for(reactor, 20ms);
  REQUIRE(broker.count(PacketType::publish) == 2);
  const std::uint16_t id = broker.first_published_id();
  broker.send(acknowledgement(PacketType::puback, id));
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::publish) == 3; }));
  // Out of order: what the first one in line waits for has not come.
  broker.send(acknowledgement(PacketType::puback, static_cast<std::uint16_t>(id + 2)));
  broker.send(acknowledgement(PacketType::puback, static_cast<std::uint16_t>(id + 2)));
  broker.send(acknowledgement(PacketType::puback, static_cast<std::uint16_t>(id + 1)));
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::publish) == 4; }));
  const Started<Result<void>> flushing = begin(reactor, client.flush());
  run_for(reactor, 20ms);
  CHECK(!flushing.done());
  broker.send(acknowledgement(PacketType::puback, static_cast<std::uint16_t>(id + 3)));
  REQUIRE(run_until(reactor, [&] { return flushing.done(); }));
  CHECK((*flushing).ok());
  std::string order;
  for (const std::string& packet : broker.all(PacketType::publish)) order += packet.back();
  CHECK(order == "abcd");
}

TEST_CASE_FIXTURE(Fixture, "what the broker does not take is an error, before it is sent") {
  struct Case {
    std::string properties;
    bool retain;
    std::string says;
    Cause cause = Cause::unnamed;
  };
  const Case cases[] = {
      {"\x27\0\0\0\x20"s, false, "longer than the broker accepts"},
      {"\x24\0"s, false, "does not offer this QoS (--qos)", Cause::qos_not_offered},
      {"\x25\0"s, true, "does not retain"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.says);
    MqttClientOptions with = options(1);
    with.retain = with.must_retain = c.retain;
    MqttClient client(reactor, with);
    broker.connack = "\x20"s + static_cast<char>(3 + c.properties.size()) + "\0\0"s +
                     static_cast<char>(c.properties.size()) + c.properties;
    // Subscribing at QoS 1 is another matter.
    open(client);
    const Result<void> written = write(client, {"a message that is not very short"});
    REQUIRE(!written.ok());
    CHECK(written.error().fault() == Fault::usage);
    CHECK(written.error().cause() == c.cause);
    CHECK(written.error().text().find(c.says) != std::string::npos);
    CHECK(left == 1);
    CHECK(broker.count(PacketType::publish) == 0);
  }
}

TEST_CASE_FIXTURE(Fixture,
                  "what a broker does not retain goes without that flag, unless it must be") {
  broker.connack = "\x20\5\0\0\2\x25\0"s;
  MqttClientOptions with = options(1);
  with.retain = true;
  MqttClient client(reactor, with);
  open(client);
  REQUIRE(write(client, {"kept"}).ok());
  REQUIRE(run_until(
      reactor, [&] { return broker.count(PacketType::publish) == 1; }, 10s));
  CHECK((broker.all(PacketType::publish).front().front() & 1) == 0);
}

TEST_CASE_FIXTURE(Fixture, "messages with and without properties come in the order of sending") {
  MqttClientOptions with = options(1);
  with.filters = {"t"};
  MqttClient client(reactor, with);
  open(client);
  const std::string binary =
      "\x30\7\0\1t\2\1\0"
      "1"s;
  const std::string typed = "\x32\x0A\0\1t\0\5\4\3\0\1x"s;
  broker.send(typed + binary + typed + typed + publication(1, 6, "2") + binary + typed);
  Batch got;
  while (got.size() < 7) {
    const Result<Batch> more = finish(reactor, client.read());
    REQUIRE(more.ok());
    got.insert(got.end(), more->begin(), more->end());
  }
  std::string order;
  for (const MessagePtr& message : got)
    order += message->content_type.empty() ? message->payload : message->content_type;
  CHECK(order == "x1xx21x");
  CHECK(got[1]->kind == PayloadKind::binary);
  CHECK(got[4]->kind == PayloadKind::text);
  CHECK(got[4]->qos == 1);
}

TEST_CASE_FIXTURE(Fixture, "a publication that the broker does not authorise fails the flush") {
  for (const int reason : {0x87, 0x97}) {
    MqttClient client(reactor, options(1));
    broker.acknowledges = false;
    open(client);
    REQUIRE(write(client, {"a"}).ok());
    REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::publish) > 0; }));
    std::string refusal = acknowledgement(PacketType::puback, broker.first_published_id());
    refusal[1] = '\3';
    broker.packets.clear();
    broker.send(refusal + static_cast<char>(reason));
    const Result<void> flushed = finish(reactor, client.flush());
    REQUIRE(!flushed.ok());
    CHECK(flushed.error().fault() == (reason == 0x87 ? Fault::refused : Fault::other));
    CHECK(flushed.error().cause() == Cause::mqtt_reason);
    CHECK(flushed.error().number() == reason);
    CHECK(flushed.error().fatal());
  }
}

TEST_CASE_FIXTURE(Fixture, "refusals") {
  struct Row {
    int code;
    Fault fault;
    bool fatal;
  };
  const Row rows[] = {{0x86, Fault::refused, true},  {0x87, Fault::refused, true},
                      {0x8A, Fault::refused, true},  {0x84, Fault::protocol, true},
                      {0x85, Fault::protocol, true}, {0x88, Fault::network, false},
                      {0x89, Fault::network, false}, {0x9D, Fault::network, true}};
  for (const Row& row : rows) {
    CAPTURE(row.code);
    broker.connack = "\x20\3\0"s + static_cast<char>(row.code) + "\0"s;
    MqttClient client(reactor, options(0));
    const Result<void> opened = finish(reactor, client.connect());
    REQUIRE(!opened.ok());
    CHECK(opened.error().fault() == row.fault);
    CHECK(opened.error().fatal() == row.fatal);
    CHECK(!client.connected());
  }
}

TEST_CASE_FIXTURE(Fixture, "a broker that is silent is asked, and then taken for dead") {
  MqttClientOptions with = options(0);
  with.filters = {"t"};
  with.retained = Retained::none;
  with.keepalive = 1s;
  MqttClient client(reactor, with);
  open(client);
  const Result<Batch> got = finish(reactor, client.read());
  CHECK(broker.count(PacketType::pingreq) == 1);
  REQUIRE(!got.ok());
  CHECK(got.error().fault() == Fault::network);
}

TEST_CASE_FIXTURE(Fixture, "a broker's DISCONNECT says how it ended") {
  MqttClientOptions with = options(0);
  with.filters = {"t"};
  with.retained = Retained::none;
  MqttClient client(reactor, with);
  open(client);
  broker.send(publication(0, 0, "last") + "\xE0\2\x8E\0"s);
  const Result<Batch> got = finish(reactor, client.read());
  REQUIRE(got.ok());
  CHECK(got->size() == 1);
  REQUIRE(run_until(reactor, [&] { return !client.connected(); }));
  const Result<Batch> end = finish(reactor, client.read());
  REQUIRE(end.ok());
  CHECK(end->empty());
  CHECK(client.how_it_ended() == " (session taken over)");
  CHECK(client.final_refusal().has_value());
}

TEST_CASE_FIXTURE(Fixture, "at QoS 0 a reader that does not read loses the newest, and is told") {
  MqttClientOptions with = options(0);
  with.filters = {"t"};
  with.retained = Retained::none;
  with.buffer = 1000;
  MqttClient client(reactor, with);
  open(client);
  for (int i = 0; i < 50; ++i) broker.send(publication(0, 0, std::to_string(i)));
  run_for(reactor, 100ms);
  const Result<Batch> first = finish(reactor, client.read());
  REQUIRE(first.ok());
  REQUIRE(first->size() < 50);
  CHECK(first->front()->payload == "0");
  // Nothing has to come for it to be told.
  REQUIRE(first->back()->gap);
  CHECK(first->back()->gap->missed == 50 - (first->size() - 1));
  broker.send(publication(0, 0, "after"));
  const Result<Batch> then = finish(reactor, client.read());
  REQUIRE(then.ok());
  REQUIRE(then->size() == 1);
  CHECK(then->back()->payload == "after");
}

TEST_CASE_FIXTURE(Fixture, "a reader that stops holds no acknowledgement back for long") {
  struct Case {
    std::uint8_t qos;
    bool loses;
  };
  // At QoS 1 all is kept: the broker stops by itself.
  for (const Case& c : {Case{0, true}, Case{1, false}}) {
    CAPTURE(c.qos);
    MqttClientOptions with = options(1);
    with.filters = {"t"};
    with.retained = Retained::none;
    with.patience = 20ms;
    MqttClient client(reactor, with);
    open(client);
    const std::string filling(100, 'f');
    constexpr std::uint16_t kEach = 1000;
    const int rounds = 15;
    for (int round = 0; round < rounds; ++round) {
      std::string flood;
      for (std::uint16_t i = 0; i < kEach; ++i)
        flood += publication(c.qos, static_cast<std::uint16_t>(round * kEach + i + 1), filling);
      broker.send(flood);
      run_for(reactor, 10ms);
    }
    REQUIRE(write(client, {"one"}).ok());
    CHECK(finish(reactor, client.flush()).ok());
    std::size_t got = 0;
    std::uint64_t missed = 0;
    while (got + missed < rounds * kEach) {
      const Result<Batch> some = finish(reactor, client.read());
      REQUIRE(some.ok());
      for (const MessagePtr& message : *some)
        message->gap ? missed += message->gap->missed.value_or(0) : ++got;
    }
    CHECK((missed > 0) == c.loses);
    CHECK(got > 1000);
  }
}

TEST_CASE_FIXTURE(Fixture, "what nobody reads is dropped, and stays at a broker that keeps it") {
  MqttClient client(reactor, options(1));
  open(client);
  const std::string filling(100, 'f');
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += publication(0, 0, filling);
  // More than is ever held back.
  for (int i = 0; i < 15; ++i) {
    broker.send(flood);
    run_for(reactor, 10ms);
  }
  broker.send(publication(1, 7, "kept") + publication(2, 8, "kept"));
  REQUIRE(write(client, {"one"}).ok());
  CHECK(finish(reactor, client.flush()).ok());
  CHECK(broker.count(PacketType::publish) == 1);
  CHECK(broker.count(PacketType::puback) == 0);
  CHECK(broker.count(PacketType::pubrec) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a malformed packet is an error of the broker, after what came before") {
  const std::string connacks[] = {"\x20\5\0\0\2\x7f\1"s, "\x20\5\0\0\2\x01\1"s, "\x20\2\0\0"s};
  for (const std::string& connack : connacks) {
    broker.connack = connack;
    MqttClient client(reactor, options(0));
    const Result<void> opened = finish(reactor, client.connect());
    REQUIRE(!opened.ok());
    CHECK(opened.error().fault() == Fault::protocol);
  }
  broker.connack = "\x20\3\0\0\0"s;
  for (const std::uint8_t qos : {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{2}}) {
    const std::string bad[] = {
        "\x30\7\0\1t\2\x7f\1x"s, "\x34\x09\0\1t\0\x09\2\x7f\1x"s, "\x40\6\0\1\0\2\x7f\1"s,
        "\x50\6\0\1\0\2\x7f\1"s, "\x62\6\0\1\0\2\x7f\1"s,         "\x90\6\0\1\2\x7f\1\0"s,
        "\xE0\4\0\2\x7f\1"s,     "\xB0\6\0\1\2\x7f\1\0"s,
    };
    for (const std::string& packet : bad) {
      CAPTURE(static_cast<unsigned char>(packet[0]));
      MqttClientOptions with = options(qos);
      with.filters = {"t"};
      with.retained = Retained::none;
      MqttClient client(reactor, with);
      open(client);
      broker.send(publication(1, 3, "before") + packet);
      const Result<Batch> got = finish(reactor, client.read());
      REQUIRE(got.ok());
      CHECK(got->front()->payload == "before");
      const Result<Batch> end = finish(reactor, client.read());
      REQUIRE(!end.ok());
      CHECK(end.error().fault() == Fault::protocol);
    }
  }
}

TEST_CASE_FIXTURE(Fixture, "a message over the limit is skipped, acknowledged and told") {
  MqttClientOptions with = options(2);
  with.filters = {"t"};
  with.retained = Retained::none;
  with.max_message = 10;
  MqttClient client(reactor, with);
  open(client);
  // MQTT 5, section 3.1.2.11.4: the limit is named.
  CHECK(broker.all(PacketType::connect).at(0).find("\x27\0\x04\0\x0A"s) != std::string::npos);
  std::string huge = publication(2, 9, "");
  huge = huge.substr(0, 1) + "\x80\x80\x40"s + huge.substr(2) + std::string((1u << 20) - 6, 'x');
  broker.send(publication(1, 7, "short") + publication(1, 8, "is too long by far") + huge +
              publication(1, 6, "end"));
  Batch got;
  while (got.empty() || got.back()->payload != "end") {
    const Result<Batch> more = finish(reactor, client.read());
    REQUIRE(more.ok());
    got.insert(got.end(), more->begin(), more->end());
  }
  std::uint64_t missed = 0;
  std::string text;
  for (const MessagePtr& message : got)
    message->gap ? void(missed += message->gap->missed.value_or(0))
                 : void(text += message->payload);
  CHECK(text == "shortend");
  CHECK(missed == 2);
  client.commit();
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::puback) == 3; }));
  CHECK(broker.count(PacketType::pubrec) == 1);
}

TEST_CASE_FIXTURE(Fixture, "a skipped message that nothing comes after is told, too") {
  MqttClientOptions with = options(0);
  with.filters = {"t"};
  with.retained = Retained::none;
  with.max_message = 3;
  MqttClient client(reactor, with);
  open(client);
  broker.send(publication(0, 0, "too long"));
  const Result<Batch> got = finish(reactor, client.read());
  REQUIRE(got.ok());
  REQUIRE(got->size() == 1);
  REQUIRE(got->front()->gap);
  CHECK(got->front()->gap->missed == 1);
}

TEST_CASE_FIXTURE(Fixture, "QoS 2: a close waits for the release, and takes nothing more") {
  MqttClientOptions with = options(2);
  with.filters = {"t"};
  with.retained = Retained::none;
  MqttClient client(reactor, with);
  open(client);
  broker.send(publication(2, 5, "once"));
  REQUIRE(finish(reactor, client.read()).ok());
  client.commit();
  auto close = [&]() -> asio::awaitable<Result<void>> {
    co_await client.close();
    co_return Result<void>();
  };
  const Started<Result<void>> closing = begin(reactor, close());
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::pubrec) == 1; }));
  broker.send(publication(2, 6, "no more"));
  run_for(reactor, 50ms);
  CHECK(!closing.done());
  CHECK(broker.count(PacketType::disconnect) == 0);
  broker.send(acknowledgement(PacketType::pubrel, 5));
  REQUIRE(run_until(reactor, [&] { return broker.count(PacketType::disconnect) == 1; }));
  CHECK(broker.count(PacketType::pubcomp) == 1);
  CHECK(broker.count(PacketType::pubrec) == 1);
  // The end is the broker's.
  broker.send(publication(2, 7, "unread"));
  run_for(reactor, 50ms);
  CHECK(!closing.done());
  broker.hang_up();
  CHECK(run_until(reactor, [&] { return closing.done(); }));
}

TEST_CASE_FIXTURE(Fixture, "filters that the broker does not offer") {
  struct Row {
    std::string property;
    std::string filter;
  };
  for (const Row& row : {Row{"\x28\0"s, "a/+"}, Row{"\x2A\0"s, "$share/g/a"}}) {
    broker.connack = "\x20\5\0\0\2"s + row.property;
    MqttClientOptions with = options(0);
    with.filters = {row.filter};
    MqttClient client(reactor, with);
    const Result<void> opened = finish(reactor, client.connect());
    REQUIRE(!opened.ok());
    CHECK(opened.error().fault() == Fault::usage);
    CHECK(opened.error().text().find(row.filter) != std::string::npos);
  }
}
