#include "io/mqtt/engine.hpp"

#include <fcntl.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/text.hpp"
#include "codec/mqtt_publish.hpp"
#include "io/loop/descriptor.hpp"
#include "io/loop/socket_send.hpp"

namespace rt {
namespace {

// What a broker may send before we acknowledge, which waits for whoever reads from us.
constexpr int kReceiveMaximum = 1024;
constexpr int kShortestKeepalive = 5;  // libmosquitto refuses less
constexpr std::uint32_t kNever = 0xffff'ffff;
constexpr std::size_t kPiece = 64u << 10;

void init_mosquitto() {
  static const int done = mosquitto_lib_init();
  (void)done;
}

Error engine_error(int code, std::string_view what) {
  const auto failed = [&](std::string_view why) {
    return Error(Fault::other, std::string(what) + ": " + std::string(why));
  };
  switch (code) {
    case MOSQ_ERR_ERRNO:
      return system_error(Fault::other, what, errno);
    case MOSQ_ERR_NOMEM:
      return failed("out of memory");
    case MOSQ_ERR_NO_CONN:
    case MOSQ_ERR_CONN_LOST:
      return failed("its connection inside of this process is gone");
    case MOSQ_ERR_MALFORMED_UTF8:
      return failed("a text is not valid UTF-8");
    default:
      return failed("it refuses with error " + std::to_string(code));
  }
}

// A listening socket for one connection of this process, gone with this object: a Unix socket in a
// directory that nobody else can enter or, where nothing can be written, one of the loopback, to
// which others may come but are not let in.
class PrivateListener {
 public:
  PrivateListener() : socket_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
    listen_at_path();
    if (failed_ != 0) listen_at_port();
  }
  ~PrivateListener() {
    if (!path_.empty()) unlink(path_.c_str());
    if (!directory_.empty()) rmdir(directory_.c_str());
  }
  PrivateListener(const PrivateListener&) = delete;
  PrivateListener& operator=(const PrivateListener&) = delete;

  Result<void> status() const {
    if (failed_ == 0) return {};
    return system_error(Fault::other, "cannot make a private socket for libmosquitto", failed_);
  }
  const char* host() const { return port_ == 0 ? path_.c_str() : "127.0.0.1"; }
  int port() const { return port_; }  // 0: the host is a path
  // The other end of that socket, which has connected.
  int take(int socket) const {
    for (;;) {
      const int fd = accept(socket_.get(), nullptr, nullptr);
      if (fd < 0) return -1;
      if (port_ != 0 && !are_ends(fd, socket)) {
        ::close(fd);
        continue;
      }
      fcntl(fd, F_SETFD, FD_CLOEXEC);
      fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
      return fd;
    }
  }

 private:
  static bool are_ends(int here, int there) {
    sockaddr_in peer{};
    sockaddr_in own{};
    socklen_t peer_size = sizeof peer;
    socklen_t own_size = sizeof own;
    return getpeername(here, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0 &&
           getsockname(there, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
           peer.sin_port == own.sin_port && peer.sin_addr.s_addr == own.sin_addr.s_addr;
  }

  void listen_at_path() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const char* const wanted = std::getenv("TMPDIR");
    std::string base = wanted != nullptr && *wanted == '/' ? wanted : "/tmp";
    if (base.size() + sizeof "/rtwire-XXXXXX/s" > sizeof address.sun_path) base = "/tmp";
    directory_ = base + "/rtwire-XXXXXX";
    if (mkdtemp(directory_.data()) == nullptr) {
      failed_ = errno;
      directory_.clear();
      return;
    }
    path_ = directory_ + "/s";
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    if (socket_.get() < 0 || fcntl(socket_.get(), F_SETFD, FD_CLOEXEC) != 0 ||
        bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(socket_.get(), 1) != 0)
      failed_ = errno;
  }

  void listen_at_port() {
    socket_ = Descriptor(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    const bool listens = socket_.get() >= 0 && fcntl(socket_.get(), F_SETFD, FD_CLOEXEC) == 0 &&
                         bind(socket_.get(), any, size) == 0 && listen(socket_.get(), 8) == 0 &&
                         getsockname(socket_.get(), any, &size) == 0;
    if (!listens) return;
    port_ = ntohs(address.sin_port);
    failed_ = 0;
  }

  Descriptor socket_;
  int port_ = 0;
  std::string directory_;
  std::string path_;
  int failed_ = 0;
};

std::uint32_t expiry_of(const MqttClientOptions& options) {
  if (!options.session_expiry) return options.clean ? 0 : kNever;
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(options.session_expiry->count(), 0, kNever));
}

// As libmosquitto has them, freed with this object.
class PropertyList {
 public:
  PropertyList() = default;
  ~PropertyList() { mosquitto_property_free_all(&list_); }
  PropertyList(const PropertyList&) = delete;
  PropertyList& operator=(const PropertyList&) = delete;

  void add(const MqttProperty& property) {
    const MqttPropertyKind* const kind = mqtt_property_kind(property.identifier);
    if (kind == nullptr) return;
    const int id = property.identifier;
    const auto size = static_cast<std::uint16_t>(property.text.size());
    switch (kind->form) {
      case MqttPropertyForm::byte:
        mosquitto_property_add_byte(&list_, id, static_cast<std::uint8_t>(property.number));
        return;
      case MqttPropertyForm::two:
        mosquitto_property_add_int16(&list_, id, static_cast<std::uint16_t>(property.number));
        return;
      case MqttPropertyForm::four:
        mosquitto_property_add_int32(&list_, id, property.number);
        return;
      case MqttPropertyForm::variable:
        mosquitto_property_add_varint(&list_, id, property.number);
        return;
      case MqttPropertyForm::binary:
        mosquitto_property_add_binary(&list_, id, property.text.data(), size);
        return;
      case MqttPropertyForm::text:
        mosquitto_property_add_string(&list_, id, property.text.c_str());
        return;
      case MqttPropertyForm::pair:
        mosquitto_property_add_string_pair(&list_, id, property.text.c_str(),
                                           property.value.c_str());
    }
  }
  void add(const MqttProperties& properties) {
    for (const MqttProperty& property : properties) add(property);
  }
  const mosquitto_property* get() const { return list_; }
  // libmosquitto owns them from now on.
  mosquitto_property* release() { return std::exchange(list_, nullptr); }

 private:
  mosquitto_property* list_ = nullptr;
};

const std::string& invalid_of(const std::vector<std::string>& filters) {
  for (const std::string& filter : filters)
    if (mosquitto_sub_topic_check2(filter.data(), filter.size()) != MOSQ_ERR_SUCCESS ||
        mosquitto_validate_utf8(filter.data(), static_cast<int>(filter.size())) != MOSQ_ERR_SUCCESS)
      return filter;
  return filters.front();
}

}  // namespace

struct MqttEngine::Callbacks {
  static MqttLimits limits(const mosquitto_property* properties) {
    MqttLimits out;
    std::uint32_t packet = 0;
    if (mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &packet, false) !=
        nullptr)
      out.packet = packet;
    mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &out.unacknowledged,
                                  false);
    mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &out.qos, false);
    mosquitto_property_read_int16(properties, MQTT_PROP_TOPIC_ALIAS_MAXIMUM, &out.aliases, false);
    std::uint8_t retain = 1;
    mosquitto_property_read_byte(properties, MQTT_PROP_RETAIN_AVAILABLE, &retain, false);
    out.retain = retain != 0;
    return out;
  }

  static void on_connect(struct mosquitto*, void* self, int reason, int flags,
                         const mosquitto_property* properties) {
    if (reason != 0) return;
    MqttAccepted accepted;
    accepted.session_present = (flags & 1) != 0;
    std::uint8_t available = 1;
    mosquitto_property_read_byte(properties, MQTT_PROP_SUBSCRIPTION_ID_AVAILABLE, &available,
                                 false);
    accepted.subscription_ids = available != 0;
    available = 1;
    mosquitto_property_read_byte(properties, MQTT_PROP_WILDCARD_SUB_AVAILABLE, &available, false);
    accepted.wildcards = available != 0;
    available = 1;
    mosquitto_property_read_byte(properties, MQTT_PROP_SHARED_SUB_AVAILABLE, &available, false);
    accepted.shared = available != 0;
    std::uint16_t seconds = 0;
    if (mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &seconds, false) !=
        nullptr)
      accepted.keep_alive = seconds;
    accepted.limits = limits(properties);
    char* id = nullptr;
    if (mosquitto_property_read_string(properties, MQTT_PROP_ASSIGNED_CLIENT_IDENTIFIER, &id,
                                       false) != nullptr &&
        id != nullptr)
      accepted.client_id = id;
    std::free(id);
    static_cast<MqttEngine*>(self)->accepted_ = accepted;
  }
  static void on_subscribe(struct mosquitto*, void* self, int request, int count,
                           const int* granted, const mosquitto_property*) {
    static_cast<MqttEngine*>(self)->granted_ =
        MqttGranted{request, std::vector<int>(granted, granted + count)};
  }
};

MqttEngine::MqttEngine(const MqttClientOptions& options, const std::string& client_id, bool v5,
                       bool clean)
    : v5_(v5),
      keepalive_(options.keepalive.count() == 0
                     ? 0
                     : static_cast<int>(std::clamp<std::int64_t>(options.keepalive.count(),
                                                                 kShortestKeepalive, 65535))),
      session_expiry_(expiry_of(options)),
      manner_(options.manner.get()),
      max_packet_(static_cast<std::uint32_t>(
          std::min(options.max_message + mqtt::kMostHead, mqtt::kLongestPacket))) {
  init_mosquitto();
  status_ = set_up(options, client_id, clean);
}

MqttEngine::~MqttEngine() {
  if (socket_ >= 0) ::close(socket_);
  if (mosquitto_ != nullptr) mosquitto_destroy(mosquitto_);
}

Result<void> MqttEngine::set_up(const MqttClientOptions& options, const std::string& client_id,
                                bool clean) {
  mosquitto_ = mosquitto_new(client_id.empty() ? nullptr : client_id.c_str(), clean, this);
  if (mosquitto_ == nullptr) {
    if (errno == EINVAL) return Error(Fault::usage, "the client identifier is not valid UTF-8");
    return system_error(Fault::other, "libmosquitto", errno);
  }
  const int older = options.protocol == MqttProtocol::v31 ? MQTT_PROTOCOL_V31 : MQTT_PROTOCOL_V311;
  mosquitto_int_option(mosquitto_, MOSQ_OPT_PROTOCOL_VERSION, v5_ ? MQTT_PROTOCOL_V5 : older);
  const int most =
      manner_ && manner_->receive_maximum ? *manner_->receive_maximum : kReceiveMaximum;
  mosquitto_int_option(mosquitto_, MOSQ_OPT_RECEIVE_MAXIMUM, most);
  if (!options.user.empty() || options.password) {
    const int code =
        mosquitto_username_pw_set(mosquitto_, options.user.empty() ? nullptr : options.user.c_str(),
                                  options.password ? options.password->c_str() : nullptr);
    if (code != MOSQ_ERR_SUCCESS)
      return Error(Fault::usage, "the user name cannot be sent: it is not valid UTF-8 text");
  }
  if (options.will) {
    const MqttWill& will = *options.will;
    PropertyList properties;
    if (manner_ && v5_) properties.add(manner_->will);
    const int code =
        mosquitto_will_set_v5(mosquitto_, will.topic.c_str(), static_cast<int>(will.payload.size()),
                              will.payload.data(), will.qos, will.retain, properties.release());
    if (code != MOSQ_ERR_SUCCESS || will.topic.find('\0') != std::string::npos)
      return Error(Fault::usage,
                   "the will cannot be sent: its topic is not one that can be "
                   "published to, or its payload is too long");
  }
  mosquitto_connect_v5_callback_set(mosquitto_, &Callbacks::on_connect);
  mosquitto_subscribe_v5_callback_set(mosquitto_, &Callbacks::on_subscribe);
  return {};
}

Result<void> MqttEngine::connect(std::string& out) {
  if (!status_) return status_;
  const PrivateListener listener;
  if (Result<void> ready = listener.status(); !ready) return ready;
  PropertyList properties;
  if (v5_ && session_expiry_ != 0)
    properties.add({.identifier = MQTT_PROP_SESSION_EXPIRY_INTERVAL, .number = session_expiry_});
  if (v5_ && manner_)
    properties.add(manner_->connect);
  else if (v5_)
    properties.add({.identifier = MQTT_PROP_MAXIMUM_PACKET_SIZE, .number = max_packet_});
  // Completes at once: the other end is here. Port 0 means a Unix socket.
  const int code = mosquitto_connect_bind_v5(mosquitto_, listener.host(), listener.port(),
                                             keepalive_, nullptr, properties.get());
  if (code != MOSQ_ERR_SUCCESS) return engine_error(code, "libmosquitto");
  socket_ = listener.take(mosquitto_socket(mosquitto_));
  if (socket_ < 0) return system_error(Fault::other, "libmosquitto's socket", errno);
  return collect(out);
}

Result<MqttAccepted> MqttEngine::read_connack(std::string_view packet) {
  if (Result<void> fed = feed(packet); !fed) return fed.error();
  if (!accepted_)
    return Error(Fault::protocol, "the broker's answer to the connection cannot be read");
  return *accepted_;
}

Result<MqttGranted> MqttEngine::read_suback(std::string_view packet) {
  granted_.reset();
  if (Result<void> fed = feed(packet); !fed) return fed.error();
  if (!granted_)
    return Error(Fault::protocol, "the broker's answer to a subscription is not whole");
  return std::move(*granted_);
}

// What libmosquitto has not read of what was fed.
std::size_t MqttEngine::unread() const {
  int size = 0;
  const int fd = mosquitto_socket(mosquitto_);
  if (fd < 0 || ioctl(fd, FIONREAD, &size) != 0) return 0;
  return static_cast<std::size_t>(size);
}

Result<void> MqttEngine::feed(std::string_view packet) {
  while (!packet.empty()) {
    const ssize_t n = send_quietly(socket_, packet.substr(0, kPiece));
    if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
      return system_error(Fault::other, "libmosquitto's socket", errno);
    if (n > 0) packet.remove_prefix(static_cast<std::size_t>(n));
    do {
      if (mosquitto_loop_read(mosquitto_, 1) != MOSQ_ERR_SUCCESS)
        return Error(Fault::protocol, "the broker sent a packet that cannot be read");
    } while (unread() > 0);
  }
  return {};
}

Result<void> MqttEngine::collect(std::string& out) {
  char bytes[kPiece];
  for (;;) {
    const ssize_t n = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0) {
      out.append(bytes, static_cast<std::size_t>(n));
      if (static_cast<std::size_t>(n) == sizeof bytes) continue;
    }
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK))
      return Error(Fault::other, "libmosquitto has given up");
    // Its end of the socket was full.
    if (!mosquitto_want_write(mosquitto_)) return {};
    const int code = mosquitto_loop_write(mosquitto_, 1);
    if (code != MOSQ_ERR_SUCCESS) return engine_error(code, "libmosquitto");
  }
}

Result<int> MqttEngine::subscribe(const std::vector<std::string>& filters, std::uint8_t qos,
                                  int options, std::uint32_t identifier, std::string& out) {
  MqttProperties properties;
  if (identifier != 0)
    properties.push_back({.identifier = MQTT_PROP_SUBSCRIPTION_IDENTIFIER, .number = identifier});
  return subscribe(filters, qos, options, properties, out);
}

Result<int> MqttEngine::subscribe(const std::vector<std::string>& filters, std::uint8_t qos,
                                  int options, const MqttProperties& properties, std::string& out) {
  std::vector<char*> list;
  list.reserve(filters.size());
  // libmosquitto does not change them.
  for (const std::string& filter : filters) list.push_back(const_cast<char*>(filter.c_str()));
  PropertyList theirs;
  theirs.add(properties);
  int request = 0;
  const int code = mosquitto_subscribe_multiple(mosquitto_, &request, static_cast<int>(list.size()),
                                                list.data(), qos, options, theirs.get());
  if (code == MOSQ_ERR_INVAL || code == MOSQ_ERR_MALFORMED_UTF8)
    return Error(Fault::usage,
                 "a topic filter is not valid: '" + printable(invalid_of(filters)) + "'");
  if (code != MOSQ_ERR_SUCCESS) return engine_error(code, "cannot subscribe");
  if (Result<void> got = collect(out); !got) return got.error();
  return request;
}

Result<void> MqttEngine::unsubscribe(const std::string& filter, const MqttProperties& properties,
                                     std::string& out) {
  PropertyList theirs;
  theirs.add(properties);
  const int code = mosquitto_unsubscribe_v5(mosquitto_, nullptr, filter.c_str(), theirs.get());
  if (code != MOSQ_ERR_SUCCESS) return engine_error(code, "cannot unsubscribe");
  return collect(out);
}

}  // namespace rt
