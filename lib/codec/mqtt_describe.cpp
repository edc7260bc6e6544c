#include "codec/mqtt_describe.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "codec/dump.hpp"
#include "model/endpoint.hpp"

namespace rt::mqtt {
namespace {

constexpr std::size_t kLongestName = 200;
constexpr std::string_view kStruckOut = "***";

enum class ValueForm : std::uint8_t { byte, two, four, variable, text, pair, secret };

struct PropertyName {
  std::uint8_t identifier;
  ValueForm form;
  std::string_view name;
};

// Section 2.2.2.2.
constexpr PropertyName kPropertyNames[] = {
    {0x01, ValueForm::byte, "payload-format"},
    {0x02, ValueForm::four, "message-expiry"},
    {0x03, ValueForm::text, "content-type"},
    {0x08, ValueForm::text, "response-topic"},
    {0x09, ValueForm::text, "correlation-data"},
    {0x0B, ValueForm::variable, "subscription-id"},
    {0x11, ValueForm::four, "session-expiry"},
    {0x12, ValueForm::text, "assigned-client-id"},
    {0x13, ValueForm::two, "server-keepalive"},
    {0x15, ValueForm::text, "authentication-method"},
    {0x16, ValueForm::secret, "authentication-data"},
    {0x17, ValueForm::byte, "request-problem-information"},
    {0x18, ValueForm::four, "will-delay"},
    {0x19, ValueForm::byte, "request-response-information"},
    {0x1A, ValueForm::text, "response-information"},
    {0x1C, ValueForm::text, "server-reference"},
    {0x1F, ValueForm::text, "reason-string"},
    {0x21, ValueForm::two, "receive-maximum"},
    {0x22, ValueForm::two, "topic-alias-maximum"},
    {0x23, ValueForm::two, "topic-alias"},
    {0x24, ValueForm::byte, "maximum-qos"},
    {0x25, ValueForm::byte, "retain-available"},
    {0x26, ValueForm::pair, "user-property"},
    {0x27, ValueForm::four, "maximum-packet-size"},
    {0x28, ValueForm::byte, "wildcard-available"},
    {0x29, ValueForm::byte, "subscription-id-available"},
    {0x2A, ValueForm::byte, "shared-available"},
};

struct ReasonName {
  std::uint8_t code;
  std::string_view name;
};

// Section 2.4, without the successes, which depend on the packet.
constexpr ReasonName kReasonNames[] = {
    {0x04, "disconnect with will message"},
    {0x10, "no matching subscribers"},
    {0x11, "no subscription existed"},
    {0x18, "continue authentication"},
    {0x19, "re-authenticate"},
    {0x80, "unspecified error"},
    {0x81, "malformed packet"},
    {0x82, "protocol error"},
    {0x83, "implementation specific error"},
    {0x84, "unsupported protocol version"},
    {0x85, "client identifier not valid"},
    {0x86, "bad user name or password"},
    {0x87, "not authorized"},
    {0x88, "server unavailable"},
    {0x89, "server busy"},
    {0x8A, "banned"},
    {0x8B, "server shutting down"},
    {0x8C, "bad authentication method"},
    {0x8D, "keep alive timeout"},
    {0x8E, "session taken over"},
    {0x8F, "topic filter invalid"},
    {0x90, "topic name invalid"},
    {0x91, "packet identifier in use"},
    {0x92, "packet identifier not found"},
    {0x93, "receive maximum exceeded"},
    {0x94, "topic alias invalid"},
    {0x95, "packet too large"},
    {0x96, "message rate too high"},
    {0x97, "quota exceeded"},
    {0x98, "administrative action"},
    {0x99, "payload format invalid"},
    {0x9A, "retain not supported"},
    {0x9B, "QoS not supported"},
    {0x9C, "use another server"},
    {0x9D, "server moved"},
    {0x9E, "shared subscriptions not supported"},
    {0x9F, "connection rate exceeded"},
    {0xA0, "maximum connect time"},
    {0xA1, "subscription identifiers not supported"},
    {0xA2, "wildcard subscriptions not supported"},
};

// MQTT 3.1.1, section 3.2.2.3.
constexpr std::array<std::string_view, 6> kOldRefusals = {"success",
                                                          "unacceptable protocol version",
                                                          "identifier rejected",
                                                          "server unavailable",
                                                          "bad user name or password",
                                                          "not authorized"};

constexpr std::array<std::string_view, 16> kPacketNames = {
    "(no packet)", "CONNECT",  "CONNACK",    "PUBLISH", "PUBACK",      "PUBREC",
    "PUBREL",      "PUBCOMP",  "SUBSCRIBE",  "SUBACK",  "UNSUBSCRIBE", "UNSUBACK",
    "PINGREQ",     "PINGRESP", "DISCONNECT", "AUTH"};

std::string_view reason_text(std::uint8_t code, PacketType type) {
  if (code != 0) return reason_name(code);
  return type == PacketType::disconnect ? "normal disconnection" : "success";
}

// Walks over a packet: words go to `text`, secrets are remembered. After the first thing that is
// not there nothing more is taken.
class PacketWalk {
 public:
  PacketWalk(const Packet& packet, bool v5) : packet_(packet), v5_(v5), rest_(packet.body) {
    text_ = kPacketNames[static_cast<std::size_t>(packet.type) & 15];
    walk();
    if (failed_) text_ += " (malformed, " + std::to_string(packet.bytes.size()) + " bytes)";
  }

  std::string take_text() { return std::move(text_); }
  const std::vector<std::string_view>& secrets() const { return secrets_; }
  bool failed() const { return failed_; }

 private:
  void walk();
  void connect();
  void connack();
  void publish();
  void acknowledgement();
  void subscribe();
  void answers();
  void reason();
  void will(unsigned flags);
  // Appended behind everything else.
  void properties();
  void property(std::string_view& list);

  void say(std::string_view word) {
    text_ += ' ';
    text_ += word;
  }
  void say(std::string_view name, std::string_view value) {
    say(name);
    text_ += '=';
    text_ += value;
  }
  void secret(std::string_view name, std::string_view value) {
    secrets_.push_back(value);
    say(name, kStruckOut);
  }
  std::string shown(std::string_view name) const {
    return name.empty() ? "\"\"" : printable(name, kLongestName);
  }

  std::string_view bytes(std::string_view& from, std::size_t size) {
    if (failed_ || from.size() < size) {
      failed_ = true;
      return {};
    }
    const std::string_view taken = from.substr(0, size);
    from.remove_prefix(size);
    return taken;
  }
  std::uint32_t number(std::string_view& from, std::size_t size) {
    std::uint32_t value = 0;
    for (const char c : bytes(from, size)) value = value << 8 | static_cast<std::uint8_t>(c);
    return value;
  }
  std::uint32_t variable(std::string_view& from) {
    std::uint32_t value = 0;
    for (unsigned i = 0; i < 4; ++i) {
      const std::uint32_t byte = number(from, 1);
      value |= (byte & 127) << (7 * i);
      if (failed_ || byte < 128) return value;
    }
    failed_ = true;
    return 0;
  }
  std::string_view text(std::string_view& from) { return bytes(from, number(from, 2)); }
  std::string_view text() { return text(rest_); }

  const Packet& packet_;
  bool v5_;
  std::string_view rest_;
  std::string text_;
  std::vector<std::string_view> secrets_;
  bool failed_ = false;
};

void PacketWalk::walk() {
  switch (packet_.type) {
    case PacketType::connect:
      return connect();
    case PacketType::connack:
      return connack();
    case PacketType::publish:
      return publish();
    case PacketType::puback:
    case PacketType::pubrec:
    case PacketType::pubrel:
    case PacketType::pubcomp:
      return acknowledgement();
    case PacketType::subscribe:
    case PacketType::unsubscribe:
      return subscribe();
    case PacketType::suback:
    case PacketType::unsuback:
      return answers();
    case PacketType::disconnect:
    case PacketType::auth:
      return reason();
    case PacketType::pingreq:
    case PacketType::pingresp:
      return;
  }
}

// Section 3.1.
void PacketWalk::connect() {
  (void)text();
  const std::uint32_t level = number(rest_, 1);
  const std::uint32_t flags = number(rest_, 1);
  const std::uint32_t keepalive = number(rest_, 2);
  if (failed_) return;
  v5_ = level >= 5;
  say(level == 5 ? "v5" : level == 4 ? "v3.1.1" : "level " + std::to_string(level));
  std::string_view listed;
  if (v5_) listed = bytes(rest_, variable(rest_));
  const std::string_view id = text();
  if (failed_) return;
  say("client-id", shown(id));
  say("keepalive", std::to_string(keepalive));
  if ((flags & 2) != 0) say(v5_ ? "clean-start" : "clean-session");
  if ((flags & 4) != 0) will(flags);
  if ((flags & 0x80) != 0) secret("user", text());
  if ((flags & 0x40) != 0) secret("password", text());
  while (!failed_ && !listed.empty()) property(listed);
}

void PacketWalk::will(unsigned flags) {
  std::string_view listed;
  if (v5_) listed = bytes(rest_, variable(rest_));
  const std::string_view topic = text();
  const std::string_view payload = text();
  if (failed_) return;
  secrets_.push_back(payload);
  say("will", shown(topic));
  say("will-qos", std::to_string(flags >> 3 & 3));
  say("will-retain", std::to_string(flags >> 5 & 1));
  say("will-payload", kStruckOut);
  while (!failed_ && !listed.empty()) property(listed);
}

// Section 3.2.
void PacketWalk::connack() {
  const std::uint32_t flags = number(rest_, 1);
  const auto code = static_cast<std::uint8_t>(number(rest_, 1));
  if (failed_) return;
  say(std::to_string(code));
  const bool old = code < kOldRefusals.size();
  say(old ? kOldRefusals[code] : reason_name(code));
  say("session-present", std::to_string(flags & 1));
  if (v5_ && !rest_.empty()) properties();
}

// Section 3.3.
void PacketWalk::publish() {
  const std::string_view topic = text();
  const std::uint32_t id = packet_.qos() > 0 ? number(rest_, 2) : 0;
  if (failed_) return;
  say(shown(topic));
  say("qos " + std::to_string(packet_.qos()));
  if (packet_.qos() > 0) say("id " + std::to_string(id));
  say("retain " + std::to_string(packet_.flags & 1));
  if ((packet_.flags & 8) != 0) say("dup");
  std::string_view listed;
  // Of a packet that is too large there is no more than this.
  if (v5_ && packet_.omitted == 0) listed = bytes(rest_, variable(rest_));
  if (failed_) return;
  if (packet_.omitted > 0) {
    say("and " + std::to_string(rest_.size() + packet_.omitted) + " bytes more");
    return;
  }
  say(std::to_string(rest_.size()) + " bytes");
  if (!rest_.empty()) say(excerpt(rest_));
  while (!failed_ && !listed.empty()) property(listed);
}

// Sections 3.4 to 3.7.
void PacketWalk::acknowledgement() {
  const std::uint32_t id = number(rest_, 2);
  if (failed_) return;
  say(std::to_string(id));
  if (!v5_ || rest_.empty()) return;
  reason();
}

// A reason and properties, which may be left out.
void PacketWalk::reason() {
  const auto code = rest_.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(number(rest_, 1));
  if (v5_ || packet_.type == PacketType::auth) {
    say(std::to_string(code));
    say(reason_text(code, packet_.type));
  }
  if (v5_ && !rest_.empty()) properties();
}

// Sections 3.8 and 3.10.
void PacketWalk::subscribe() {
  const std::uint32_t id = number(rest_, 2);
  std::string_view listed;
  if (v5_) listed = bytes(rest_, variable(rest_));
  if (failed_) return;
  say(std::to_string(id));
  while (!failed_ && !rest_.empty()) {
    const std::string_view filter = text();
    if (failed_) return;
    say(shown(filter));
    if (packet_.type == PacketType::unsubscribe) continue;
    const std::uint32_t options = number(rest_, 1);
    if (failed_) return;
    say("qos " + std::to_string(options & 3));
    if ((options & 4) != 0) say("no-local");
    if ((options & 8) != 0) say("retain-as-published");
    if (const unsigned handling = options >> 4 & 3; handling != 0)
      say("retain-handling", std::to_string(handling));
  }
  while (!failed_ && !listed.empty()) property(listed);
}

// Sections 3.9 and 3.11.
void PacketWalk::answers() {
  const std::uint32_t id = number(rest_, 2);
  std::string_view listed;
  if (v5_) listed = bytes(rest_, variable(rest_));
  if (failed_) return;
  say(std::to_string(id));
  while (!rest_.empty()) {
    const auto code = static_cast<std::uint8_t>(number(rest_, 1));
    if (code < 3 && packet_.type == PacketType::suback)
      say("qos " + std::to_string(code));
    else
      say(std::to_string(code) + " " + std::string(reason_text(code, packet_.type)));
  }
  while (!failed_ && !listed.empty()) property(listed);
}

void PacketWalk::properties() {
  std::string_view listed = bytes(rest_, variable(rest_));
  while (!failed_ && !listed.empty()) property(listed);
}

void PacketWalk::property(std::string_view& list) {
  const std::uint32_t identifier = variable(list);
  const auto* const found =
      std::find_if(std::begin(kPropertyNames), std::end(kPropertyNames),
                   [&](const PropertyName& property) { return property.identifier == identifier; });
  if (found == std::end(kPropertyNames)) failed_ = true;
  if (failed_) return;
  switch (found->form) {
    case ValueForm::byte:
      return say(found->name, std::to_string(number(list, 1)));
    case ValueForm::two:
      return say(found->name, std::to_string(number(list, 2)));
    case ValueForm::four:
      return say(found->name, std::to_string(number(list, 4)));
    case ValueForm::variable:
      return say(found->name, std::to_string(variable(list)));
    case ValueForm::text:
      return say(found->name, excerpt(text(list)));
    case ValueForm::secret:
      return secret(found->name, text(list));
    case ValueForm::pair: {
      const std::string_view name = text(list);
      const std::string_view value = text(list);
      const std::string label = "user:" + shown(name);
      return names_secret_field(name) ? secret(label, value) : say(label, excerpt(value));
    }
  }
}

}  // namespace

std::string_view reason_name(std::uint8_t code) {
  if (code == 0) return "success";
  const auto* const found =
      std::find_if(std::begin(kReasonNames), std::end(kReasonNames),
                   [&](const ReasonName& reason) { return reason.code == code; });
  return found == std::end(kReasonNames) ? "unknown reason" : found->name;
}

std::string describe(const Packet& packet, bool v5) {
  return PacketWalk(packet, v5).take_text();
}

std::string without_secrets(const Packet& packet, bool v5) {
  const PacketWalk walk(packet, v5);
  std::string out(packet.bytes);
  // Where its parts lie is not known then.
  if (walk.failed() && (packet.type == PacketType::connect || packet.type == PacketType::auth))
    return std::string(out.size(), '*');
  for (const std::string_view secret : walk.secrets()) {
    if (secret.empty()) continue;
    const auto at = static_cast<std::size_t>(secret.data() - packet.bytes.data());
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(at), secret.size(), '*');
  }
  return out;
}

}  // namespace rt::mqtt
