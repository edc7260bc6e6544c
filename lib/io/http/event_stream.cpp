#include "io/http/event_stream.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "codec/rt_v1.hpp"
#include "model/http_url.hpp"

namespace rt {
namespace {

constexpr Milliseconds kHubIdle = 60s;
// What an answer that is no event stream may say about itself, and for how long it is heard.
constexpr std::size_t kMaxExplanation = 4096;
constexpr Milliseconds kExplanationPatience = 2s;

constexpr std::string_view kEventStream = "text/event-stream";
constexpr std::string_view kAnyStream =
    "text/event-stream, application/x-ndjson, application/json-seq, application/json;q=0.9";

bool is_event_stream(std::string_view content_type) {
  return iequals(trim(content_type.substr(0, content_type.find(';'))), kEventStream);
}

// An id with control characters cannot go into a header: such a stream cannot be resumed.
bool can_be_sent(std::string_view id) {
  return !id.empty() && std::none_of(id.begin(), id.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
}

asio::awaitable<Error> refusal(HttpStream& stream, bool posts) {
  HttpResponse response = stream.head();
  while (response.body.size() < kMaxExplanation) {
    auto bytes = co_await stream.read(kExplanationPatience);
    if (!bytes || bytes->empty()) break;
    response.body += *bytes;
  }
  co_return status_error(response, posts ? "" : kAnswersPost);
}

}  // namespace

SseSource::SseSource(HttpClient& client, SseOptions options)
    : client_(client),
      options_(std::move(options)),
      channel_(channel_of_url(options_.url)),
      decoder_(options_.max_message) {
  decoder_.set_last_event_id(options_.last_event_id);
}

SseSource::~SseSource() = default;

void SseSource::close() {
  stream_.reset();
}

std::optional<Milliseconds> SseSource::reconnection_time() const {
  const auto milliseconds = decoder_.reconnection_time();
  if (!milliseconds) return std::nullopt;
  // A day is as good as any larger number, and cannot overflow a clock.
  constexpr std::uint64_t kDay = 24u * 3600u * 1000u;
  return Milliseconds(static_cast<std::int64_t>(std::min(*milliseconds, kDay)));
}

bool SseSource::asks_once() const {
  const std::string_view method = options_.method;
  if (method.empty()) return !options_.body.empty();
  return method != "GET" && method != "QUERY" && method != "PUT";
}

HttpRequest SseSource::next_request() const {
  HttpRequest request;
  if (!options_.body.empty()) {
    request.method = "POST";
    request.body = options_.body;
    request.headers.emplace_back("Content-Type", options_.content_type.empty()
                                                     ? std::string(type_of_body(options_.body))
                                                     : options_.content_type);
  }
  if (!options_.method.empty()) request.method = options_.method;
  const std::string_view accept = options_.hub ? v1::kEventStreamOfEnvelopes : kEventStream;
  request.headers.emplace_back("Accept", takes_any_ ? kAnyStream : accept);
  request.headers.emplace_back("Cache-Control", "no-cache");
  request.url = request_url();
  if (options_.query_id.empty() && can_be_sent(last_event_id()))
    request.headers.emplace_back(
        "Last-Event-ID", at_hub_ && cursor_of_ ? cursor_of_(last_event_id()) : last_event_id());
  return request;
}

asio::awaitable<Result<void>> SseSource::connect() {
  stream_.reset();
  decoder_.restart();
  values_.reset();
  retry_after_.reset();
  broken_.reset();
  ended_ = false;

  auto opened = co_await client_.open(next_request());
  if (opened && (*opened)->head().status == 406 && !takes_any_ && !asks_once()) {
    takes_any_ = true;
    opened = co_await client_.open(next_request());
  }
  if (!opened) co_return opened.error();
  const HttpResponse& head = (*opened)->head();
  if (!head.moved_to.empty()) note_move(head);
  if (head.status == 204) {
    co_return Error(Fault::closed, "HTTP 204: the server has no more events").as_fatal();
  }
  if (head.status != 200) {
    retry_after_ = rt::retry_after(head, wall_now());
    const Error refused = co_await refusal(**opened, asks_once());
    co_return refused;
  }
  if (!takes_up(head)) {
    const std::string_view type = head.header("content-type");
    co_return Error(Fault::protocol, "the answer is no event stream but " +
                                         (type.empty() ? "of no type" : printable(type)));
  }
  stream_ = std::move(*opened);
  co_return Result<void>();
}

bool SseSource::takes_up(const HttpResponse& head) {
  at_hub_ = from_hub(head);
  // Each byte of a message may take six in an envelope's string.
  constexpr std::size_t kMostGrowth = 6;
  constexpr std::size_t kAround = 64u << 10;
  const std::size_t most = std::min(options_.max_message, std::size_t{1} << 40);
  decoder_.set_max_event(at_hub_ ? kMostGrowth * most + kAround : options_.max_message);
  const std::string_view type = head.header("content-type");
  if (is_event_stream(type)) return true;
  const std::optional<JsonStreamKind> kind = json_stream_kind(type);
  const bool one_document =
      kind == JsonStreamKind::values && !head.header("content-length").empty();
  if (!kind || one_document) return false;
  values_.emplace(*kind, options_.max_message);
  return true;
}

std::string SseSource::request_url() const {
  const std::string& base = moved_to_.empty() ? options_.url : moved_to_;
  if (!options_.query_id.empty() && !last_event_id().empty())
    return with_query(without_parameter(base, options_.query_id),
                      options_.query_id + "=" + percent_encode(last_event_id()));
  return can_be_sent(last_event_id()) ? base : with_query(base, options_.start);
}

void SseSource::note_move(const HttpResponse& head) {
  // It may have taken along where to start, which is for the first time only.
  moved_to_ = options_.start.empty() ? head.moved_to : without_position(head.moved_to);
}

asio::awaitable<Result<Batch>> SseSource::read() {
  if (!stream_) {
    if (auto connected = co_await connect(); !connected) co_return connected.error();
  }
  std::optional<Milliseconds> patience = options_.idle_timeout;
  if (!patience && at_hub_) patience = kHubIdle;
  if (patience && *patience <= 0ms) patience.reset();

  while (true) {
    if (ended_) {
      close();
      co_return Batch();
    }
    if (broken_) {
      const Error error = *broken_;
      broken_.reset();
      close();
      co_return error;
    }
    auto bytes = co_await stream_->read(patience);
    if (!bytes) {
      close();
      co_return bytes.error();
    }
    if (bytes->empty()) {
      if (values_) values_->end();
      Result<Batch> rest = take_events();
      ended_ = rest && !rest->empty();
      if (!ended_) close();
      co_return rest;
    }
    const Result<void> decoded = receive(*bytes);
    Result<Batch> batch = take_events();
    if (batch && decoded && batch->empty()) continue;  // part of an event, or a comment
    if (!batch || batch->empty()) {
      close();
      co_return batch ? decoded.error() : batch.error();
    }
    // What was whole before the fault is delivered first.
    if (!decoded && !broken_) broken_ = decoded.error();
    co_return batch;
  }
}

Result<void> SseSource::receive(std::string_view bytes) {
  return values_ ? values_->receive(bytes) : decoder_.receive(bytes);
}

Result<Batch> SseSource::take_events() {
  Batch batch;
  // What came together came at one time.
  came_at_ = wall_now();
  while (auto value = values_ ? values_->next() : std::nullopt)
    batch.push_back(value->too_long ? left_out({}) : to_message(std::move(value->text)));
  while (auto event = decoder_.next()) {
    if (event->too_long) {
      batch.push_back(left_out(std::move(event->last_event_id)));
      continue;
    }
    auto message = to_message(std::move(*event));
    if (!message) {
      if (batch.empty()) return message.error();
      broken_ = message.error();
      break;
    }
    batch.push_back(std::move(*message));
  }
  return batch;
}

MessagePtr SseSource::left_out(std::string last_event_id) const {
  auto report = std::make_shared<Message>();
  report->channel = channel_;
  report->time = came_at_;
  report->gap = std::make_shared<const Gap>(
      Gap{std::move(last_event_id), 1, too_long_text(options_.max_message)});
  return report;
}

MessagePtr SseSource::to_message(std::string value) const {
  auto message = std::make_shared<Message>();
  message->kind = valid_utf8(value) ? PayloadKind::text : PayloadKind::binary;
  message->payload = std::move(value);
  message->content_type = "application/json";
  message->channel = channel_;
  message->time = came_at_;
  return message;
}

Result<MessagePtr> SseSource::to_message(sse::Event event) {
  auto message = std::make_shared<Message>();
  if (at_hub_) {
    if (auto read = v1::read_event(envelopes_, std::move(event), *message); !read)
      return read.error();
  } else {
    message->payload = std::move(event.data);
    message->event = std::move(event.event);
    message->id = std::move(event.last_event_id);
  }
  if (message->payload.size() > options_.max_message) return left_out({});
  message->channel = channel_;
  stamp_receipt(*message, came_at_);
  return MessagePtr(std::move(message));
}

}  // namespace rt
