// How a channel is published to.
#include <algorithm>
#include <asio/post.hpp>
#include <utility>

#include "base/text.hpp"
#include "codec/content_type.hpp"
#include "codec/envelope.hpp"
#include "codec/http_values.hpp"
#include "io/hub/service.hpp"
#include "io/hub/subscribers.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

// What becomes header fields of answers has to fit into what clients take as a head.
constexpr std::size_t kMostMetadata = 8u << 10;
constexpr std::size_t kMostBatch = 100'000;  // messages of one request

std::optional<Error> metadata_fault(const Message& message) {
  std::size_t sum = message.content_type.size() + message.event.size() + message.id.size() +
                    message.origin_id.size();
  for (const std::string& relay : message.via) sum += relay.size() + 8;
  if (sum <= kMostMetadata) return std::nullopt;
  return Error(Fault::usage, "content type, event, ids and relays are longer than " +
                                 std::to_string(kMostMetadata) + " bytes together");
}

// An id that a message brings along is where it comes from, not what it is called here.
void adopt_id(Message& message) {
  if (message.origin_id.empty()) message.origin_id = std::move(message.id);
  message.id.clear();
}

// Of a publication that was not accepted.
int status_of(const Error& error) {
  return error.fault() == Fault::usage ? 400 : 503;
}

std::vector<std::string> list_of(std::string_view field) {
  std::vector<std::string> out;
  for (const std::string_view item : split(field, ','))
    if (!trim(item).empty()) out.emplace_back(trim(item));
  return out;
}

}  // namespace

// Only the age of entries needs it: reading a clock costs as much as appending does.
SteadyTime HubService::publication_time() const {
  return hub_.limits().history_age ? std::chrono::steady_clock::now() : SteadyTime{};
}

Result<MessageId> HubService::publish(std::string_view channel, Message message) {
  message.channel = channel;
  message.time = wall_now();
  const auto entry = hub_.publish(channel, std::make_shared<const Message>(std::move(message)),
                                  publication_time(), nullptr);
  if (!entry) return entry.error();
  return announce(**entry);
}

std::optional<Error> HubService::accept(std::string_view channel, Message message,
                                        const void* origin, MessageId& id) {
  if (auto fault = metadata_fault(message)) return fault;
  message.channel = channel;
  message.time = wall_now();
  adopt_id(message);
  const Result<MessageId> taken =
      take(channel, nullptr, std::make_shared<const Message>(std::move(message)), origin);
  if (!taken) return taken.error();
  id = *taken;
  return std::nullopt;
}

Result<void> HubService::publish(std::string_view channel, const MessagePtr& message,
                                 const void* origin, WallTime now) {
  if (const auto fault = metadata_fault(*message)) return *fault;
  if (message->payload.size() > hub_.limits().max_message)
    return Error(Fault::usage, "the message is longer than --max-message");
  // A channel that exists has a checked, canonical name.
  Channel* const known = hub_.find(channel);
  std::string canonical;
  if (known == nullptr) {
    if (const ChannelFault fault = check_channel(channel); fault != ChannelFault::none)
      return Error(Fault::usage, std::string(describe(fault)));
    canonical = canonical_channel(channel);
    channel = canonical;
  }
  MessagePtr own = message;
  if (message->channel != channel || message->time == WallTime{} || !message->id.empty()) {
    Message changed = *message;
    changed.channel = channel;
    if (changed.time == WallTime{}) changed.time = now;
    adopt_id(changed);
    own = std::make_shared<const Message>(std::move(changed));
  }
  const Result<MessageId> taken = take(channel, known, own, origin);
  if (!taken) return taken.error();
  return {};
}

// `channel` is the one of that name, or null when that is not known.
Result<MessageId> HubService::take(std::string_view name, Channel* channel,
                                   const MessagePtr& message, const void* origin) {
  MessageId id{hub_.epoch(), hub_.last_sequence()};
  if (options_.relay && channel != nullptr) {
    id = announce(hub_.publish(*channel, message, publication_time(), origin));
  } else if (options_.relay) {
    const auto entry = hub_.publish(name, message, publication_time(), origin);
    if (!entry) return entry.error();
    id = announce(**entry);
  }
  if (on_publication_ && concerns_output(name))
    on_publication_(message, options_.relay ? &id : nullptr);
  return id;
}

MessageId HubService::announce(Entry& entry) {
  const MessageId id = hub_.id_of(entry);
  if (!watchers_.empty()) tell_watchers(*entry.message);
  delivery_.published(entry.home());
  return id;
}

void HubService::tell_watchers(const Message& message) {
  const HubLimits& limits = hub_.limits();
  ++untold_;
  untold_bytes_ += window_charge(message);
  if (untold_ >= std::max<std::size_t>(1, limits.history / 4) ||
      untold_bytes_ >= std::min(limits.history_bytes, limits.memory) / 4)
    return tell_watchers_now();
  if (telling_posted_) return;
  telling_posted_ = true;
  asio::post(reactor_.context(), [this] {
    telling_posted_ = false;
    tell_watchers_now();
  });
}

void HubService::tell_watchers_now() {
  untold_ = 0;
  untold_bytes_ = 0;
  for (HubWatcher* const watcher : watchers_) watcher->on_news();
}

void HubService::post(Exchange& exchange, std::string_view path) {
  const http::Request& request = exchange.request();
  const std::string name(path);
  const std::string_view type = request.value("Content-Type");
  const std::string media = ascii_lower(trim(type.substr(0, type.find(';'))));
  if (request.body.size() > hub_.limits().max_message && media != "application/x-ndjson")
    return problem(exchange, 413,
                   "this server takes no message longer than " +
                       std::to_string(hub_.limits().max_message) + " bytes (its --max-message)");
  if (paused_) paused_bytes_ += request.body.size();
  if (media == "application/x-ndjson") return post_envelopes(exchange, name, exchange.take_body());

  Message message;
  message.retain = request.method == "PUT";
  message.origin_id = request.value("RT-Origin-Id");
  for (const http::Field& field : request.fields)
    if (iequals(field.name, "RT-Via"))
      for (std::string& relay : list_of(field.value)) message.via.push_back(std::move(relay));
  message.event = request.value("RT-Event");
  const std::string declared(type);
  Response response;
  response.status = 201;
  add_cors(request, response.fields);
  message.payload = exchange.take_body();
  set_content_type(message, declared);
  MessageId id;
  if (const auto failed = accept(name, std::move(message), exchange.connection(), id))
    return not_taken(exchange, *failed);
  const std::string text = to_string(id);
  response.fields.add("Content-Type", "application/json");
  // What is not kept has no id.
  if (options_.relay) response.fields.add("RT-Id", text);
  response.fields.add(kGuard);
  response.body = options_.relay ? "{\"id\":\"" + text + "\"}\n" : "{\"id\":null}\n";
  answer_publication(exchange, name, response);
}

void HubService::not_taken(Exchange& exchange, const Error& why) {
  const int status = status_of(why);
  if (status == 503) return problem(exchange, status, why.text(), {{"Retry-After", "1"}});
  problem(exchange, status, why.text());
}

void HubService::post_envelopes(Exchange& exchange, const std::string& name,
                                const std::string& body) {
  static envelope::Reader reader;
  std::vector<Message> messages;
  std::size_t number = 0;
  std::string_view rest = body;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++number;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (trim(line).empty()) continue;
    Result<Message> message = reader.read(line);
    if (!message)
      return problem(exchange, 400,
                     "line " + std::to_string(number) + ": " + message.error().text());
    if (message->gap) continue;
    if (const auto fault = metadata_fault(*message))
      return problem(exchange, 400, "line " + std::to_string(number) + ": " + fault->text());
    if (messages.size() >= kMostBatch)
      return problem(exchange, 413,
                     "more than " + std::to_string(kMostBatch) + " messages in one request");
    if (message->payload.size() > hub_.limits().max_message)
      return problem(
          exchange, 413,
          "line " + std::to_string(number) + ": the message is longer than --max-message");
    messages.push_back(std::move(*message));
  }
  Response response;
  response.status = 201;
  response.fields.add("Content-Type", "application/json");
  std::string last;
  response.body = "{\"ids\":[";
  for (Message& message : messages) {
    if (exchange.request().method == "PUT") message.retain = true;
    MessageId id;
    if (const auto failed = accept(name, std::move(message), exchange.connection(), id))
      return not_taken(exchange, *failed);
    if (!options_.relay) continue;
    if (!last.empty()) response.body += ',';
    last = to_string(id);
    response.body += "\"" + last + "\"";
  }
  response.body += "]}\n";
  if (!last.empty()) response.fields.add("RT-Id", last);
  response.fields.add(kGuard);
  add_cors(exchange.request(), response.fields);
  answer_publication(exchange, name, response);
}

void HubService::answer_publication(Exchange& exchange, std::string_view channel,
                                    const Response& response) {
  if (paused_for(channel))
    new PausedAnswer(*this, exchange, response);
  else
    exchange.respond(response);
}

void HubService::pause_publishers(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  paused_bytes_ = 0;
  if (paused) return;
  for (WsSubscriber* const socket : sockets_) socket->resume();
  while (!paused_ && !paused_answers_.empty()) paused_answers_.back()->release();
  for (HubWatcher* const watcher : watchers_) watcher->on_resume();
}

void HubService::acknowledge_soon(WsSubscriber& socket) {
  acks_.push_back(&socket);
  if (acks_.size() > 1) return;
  asio::post(reactor_.context(), [this] {
    for (WsSubscriber* const one : std::exchange(acks_, {})) one->acknowledge();
  });
}

}  // namespace rt
