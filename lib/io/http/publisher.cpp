#include "io/http/publisher.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "base/text.hpp"
#include "codec/content_type.hpp"
#include "codec/envelope.hpp"
#include "model/topic.hpp"

namespace rt {
namespace {

constexpr std::size_t kMaxBundleBytes = 1u << 20;
constexpr std::size_t kMaxBundleMessages = 1000;
constexpr std::chrono::seconds kStall = 60s;

bool fits_header(std::string_view value) {
  return trim(value) == value && std::none_of(value.begin(), value.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
         });
}

// In a structured field's string (RFC 8941), without escapes.
bool fits_key(std::string_view id) {
  return id.size() <= 200 && std::all_of(id.begin(), id.end(), [](char c) {
           return c > 0x20 && c < 0x7f && c != '"' && c != '\\';
         });
}

// What only an envelope can carry.
bool needs_envelope(const Message& message) {
  return !message.properties.empty() || message.qos != 0 || !fits_header(message.event);
}

bool accepted_by(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

}  // namespace

HttpSink::HttpSink(HttpClient& client, PublishOptions options)
    : client_(client), options_(std::move(options)), at_hub_(options_.hub) {}

asio::awaitable<Result<void>> HttpSink::write(Messages& rest) {
  retry_after_.reset();
  while (!rest.empty()) {
    const Message& first = *rest.front();
    if (first.gap) {
      rest = rest.subspan(1);
      continue;
    }
    if (!at_hub_ && !probed_ && options_.asks_first && needs_envelope(first)) {
      if (auto asked = co_await probe(); !asked) co_return asked;
    }
    const bool last = rest.size() == 1;
    std::size_t count = 1;
    HttpRequest request;
    if (at_hub_ && (!last || needs_envelope(first))) {
      request = bundle(rest, count);
    } else if (!at_hub_ && options_.batch > 1) {
      request = lines(rest, count);
    } else {
      request = single(first);
    }
    if (options_.keys && !at_hub_)
      request.headers.emplace_back("Idempotency-Key", key_for(rest.front(), count));
    if (auto sent = co_await send(std::move(request)); !sent) co_return sent;
    rest = rest.subspan(count);
  }
  co_return Result<void>();
}

asio::awaitable<Result<void>> HttpSink::probe() {
  HttpRequest request;
  request.method = "HEAD";
  request.url = options_.url;
  request.stall = kStall;
  // At "/" a hub has a page for those who do not ask so.
  request.headers.emplace_back("Accept", "application/x-ndjson");
  auto response = co_await client_.request(std::move(request));
  if (!response) co_return response.error();
  probed_ = true;
  at_hub_ = from_hub(*response);
  co_return Result<void>();
}

asio::awaitable<Result<void>> HttpSink::send(HttpRequest request) {
  const SteadyTime asked = std::chrono::steady_clock::now();
  auto response = co_await client_.request(std::move(request));
  if (!response) {
    if (response.error().fault() != Fault::timeout) co_return response.error();
    co_return response.error().as(Fault::network);
  }
  if (!accepted_by(*response)) {
    retry_after_ = rt::retry_after(*response, wall_now());
    co_return status_error(*response);
  }
  if (options_.round_trips) options_.round_trips->add(asked, std::chrono::steady_clock::now());
  const std::string_view id = response->header("rt-id");
  if (!id.empty()) {
    last_id_ = id;
    if (response->status == 201) at_hub_ = true;
  }
  co_return Result<void>();
}

HttpRequest HttpSink::single(const Message& message) const {
  HttpRequest request;
  request.method = message.retain ? "PUT" : "POST";
  request.url = options_.url;
  request.body = message.payload;
  request.stall = kStall;
  std::string type = message.content_type;
  if (type.empty() || !fits_header(type)) type = options_.content_type;
  if (type.empty()) {
    const bool text = message.kind == PayloadKind::text && valid_utf8(message.payload);
    type = content_type_of(text ? PayloadKind::text : PayloadKind::binary);
  }
  request.headers.emplace_back("Content-Type", std::move(type));
  add_topic(request, message);
  if (fits_header(message.event)) request.headers.emplace_back("RT-Event", message.event);
  if (fits_header(message.origin_id)) {
    request.headers.emplace_back("RT-Origin-Id", message.origin_id);
  }
  std::string via;
  for (const std::string& relay : message.via) {
    via += via.empty() ? "" : ", ";
    via += relay;
  }
  if (fits_header(via)) request.headers.emplace_back("RT-Via", std::move(via));
  return request;
}

HttpRequest HttpSink::lines(Messages messages, std::size_t& taken) const {
  HttpRequest request;
  request.method = "POST";
  request.url = options_.url;
  request.stall = kStall;
  taken = 0;
  for (const MessagePtr& message : messages) {
    const bool full =
        taken == options_.batch || request.body.size() + message->payload.size() > kMaxBundleBytes;
    if (full && taken > 0) break;
    ++taken;
    if (message->gap) continue;
    request.body += message->payload;
    request.body += '\n';
  }
  std::string type = options_.content_type;
  const bool json = messages.front()->content_type == "application/json";
  if (type.empty()) type = json ? "application/x-ndjson" : "text/plain; charset=utf-8";
  request.headers.emplace_back("Content-Type", std::move(type));
  add_topic(request, *messages.front());
  return request;
}

void HttpSink::add_topic(HttpRequest& request, const Message& message) const {
  if (options_.topic_header.empty()) return;
  std::string topic = topic_of(message.channel);
  if (!fits_header(topic) || !valid_utf8(topic)) topic = percent_encode(topic);
  request.headers.emplace_back(options_.topic_header, std::move(topic));
}

// What is the same in another run has the same key there, too.
const std::string& HttpSink::key_for(const MessagePtr& first, std::size_t count) {
  if (first == key_first_ && count == key_count_) return key_;
  key_first_ = first;
  key_count_ = count;
  const bool known = count == 1 && !first->origin_id.empty() && fits_key(first->origin_id);
  if (known) return key_ = '"' + first->origin_id + '"';
  static Random random = Random::from_system();
  return key_ = '"' + random.next_name("", 26) + '"';
}

HttpRequest HttpSink::bundle(Messages messages, std::size_t& taken) const {
  HttpRequest request;
  request.method = "POST";
  request.url = options_.url;
  request.stall = kStall;
  request.headers.emplace_back("Content-Type", "application/x-ndjson");
  taken = 0;
  std::size_t lines = 0;
  for (const MessagePtr& message : messages) {
    if (lines == kMaxBundleMessages) break;
    const std::size_t before = request.body.size();
    if (!message->gap) {
      append_line(request.body, *message);
      if (request.body.size() > kMaxBundleBytes && lines > 0) {
        request.body.resize(before);
        break;
      }
      ++lines;
    }
    ++taken;
  }
  return request;
}

void HttpSink::append_line(std::string& out, const Message& message) const {
  if (message.content_type.empty() && !options_.content_type.empty()) {
    Message typed = message;
    typed.content_type = options_.content_type;
    envelope::append(out, typed, {}, {}, {});
  } else {
    envelope::append(out, message, {}, {}, {});
  }
  out += '\n';
}

}  // namespace rt
