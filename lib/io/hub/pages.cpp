#include "io/hub/pages.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/http_values.hpp"
#include "web_assets.hpp"

namespace rt {
namespace {

// In one answer of /-/channels: unless it is asked for another number, and ever.
constexpr std::size_t kChannelsOfAPage = 1000;
constexpr std::uint64_t kMostChannels = 10'000;
constexpr std::size_t kMostBytes = 256u << 10;  // then the page is full
// Stands in the page for what its scripts and styles are known by: a channel, which anybody may
// have filled, has the same origin.
constexpr std::string_view kNonceMark = "{nonce}";
constexpr http::Field kPageFields[] = {
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"Cache-Control", "no-cache"},
};

std::string page_policy(std::string_view sources) {
  return "default-src 'none'; script-src " + std::string(sources) + "; style-src " +
         std::string(sources) +
         "; img-src 'self'; connect-src 'self' ws: wss:; worker-src 'none'; base-uri 'none'; "
         "form-action 'none'; frame-ancestors 'none'";
}

std::string_view type_of(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

void append(std::string& out, const Metric& metric) {
  const std::string name = "rtwire_" + std::string(metric.name);
  out += "# HELP " + name + " " + std::string(metric.help) + "\n# TYPE " + name + " " +
         std::string(metric.type) + "\n" + name + metric.labels + " " +
         std::to_string(metric.value) + "\n";
}

Response text_response(std::string_view type, std::string body) {
  Response response;
  response.fields.add("Content-Type", type);
  response.fields.add({{"Cache-Control", "no-store"},
                       {"X-Content-Type-Options", "nosniff"},
                       {"Cross-Origin-Resource-Policy", "same-origin"}});
  response.body = std::move(body);
  return response;
}

}  // namespace

Pages::Pages(const HubContext& hub, const Delivery& delivery, const Reading& reading,
             const Admission& admission, const Answers& answers)
    : hub_(hub),
      delivery_(delivery),
      reading_(reading),
      admission_(admission),
      answers_(answers),
      started_(std::chrono::steady_clock::now()) {}

bool Pages::is_own_path(std::string_view path) {
  return path == "/-" || path.starts_with("/-/");
}

void Pages::page(Exchange& exchange) const {
  Response response;
  const std::string nonce = Random::from_system().next_name({}, 26);
  response.fields.add("Content-Type", type_of(".html"));
  response.fields.add("Content-Security-Policy", page_policy("'nonce-" + nonce + "'"));
  response.fields.add(kPageFields);
  std::string_view rest = web_asset("index.html");
  for (std::size_t at; (at = rest.find(kNonceMark)) != std::string_view::npos;) {
    response.body.append(rest.substr(0, at)).append(nonce);
    rest.remove_prefix(at + kNonceMark.size());
  }
  response.body += rest;
  exchange.respond(response);
}

void Pages::serve(Exchange& exchange, std::string_view path) {
  const http::Request& request = exchange.request();
  if (!is_read(request.method))
    return answers_.refuse(exchange, 405, "the server's own paths are read only",
                           {{"Allow", "GET, HEAD"}});
  hub_.hub.drop_left();
  const std::string_view name = path.size() > 3 ? path.substr(3) : std::string_view();
  if (name == "health") return health(exchange);
  if (name == "channels" || name == "metrics") {
    if (!admission_.check(exchange, Action::admin, {})) return;
    if (name == "channels") return channels(exchange);
    return exchange.respond(text_response("text/plain; version=0.0.4", metrics()));
  }
  if (const std::string_view asset = web_asset(name); !asset.empty()) {
    Response response;
    response.fields.add("Content-Type", type_of(name));
    response.fields.add("Content-Security-Policy", page_policy("'none'"));
    response.fields.add(kPageFields);
    response.body = asset;
    return exchange.respond(response);
  }
  answers_.refuse(exchange, 404, "there is no such path under /-/");
}

void Pages::health(Exchange& exchange) const {
  const LogHealth log = hub_.log.health();
  const std::string cursor = to_string(MessageId{hub_.hub.epoch(), 0});
  const auto uptime =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_);
  std::string body = log.ok ? "{\"status\":\"ok\"" : "{\"status\":\"failing\",\"detail\":";
  if (!log.ok) envelope::append_json_string(body, log.detail);
  body += ",\"version\":\"" RT_VERSION "\",\"epoch\":\"" + cursor.substr(0, cursor.find('-')) +
          "\",\"channels\":" + std::to_string(hub_.hub.channel_count()) +
          ",\"uptime\":" + std::to_string(uptime.count()) + "}\n";
  Response response = text_response("application/json", std::move(body));
  if (!log.ok) response.status = 503;
  exchange.respond(response);
}

// In the order of their names, so that a page goes on behind the last name of the one before it.
void Pages::channels(Exchange& exchange) const {
  std::string after;
  std::uint64_t limit = kChannelsOfAPage;
  std::string_view rest = exchange.request().query;
  std::string_view name;
  std::string_view value;
  while (http::next_parameter(rest, name, value)) {
    if (name == "after") after = http::decode_parameter(value);
    if (name != "limit") continue;
    limit = parse_uint(value).value_or(0);
    if (limit == 0)
      return answers_.refuse(exchange, 400,
                             "limit must be a whole number of at least 1: " + printable(value));
  }
  limit = std::min(limit, kMostChannels);
  std::string out = "[";
  std::uint64_t shown = 0;
  bool more = false;
  std::string last;
  hub_.hub.visit_after(after, [&](Channel& channel) {
    more = shown == limit || out.size() > kMostBytes;
    if (more) return false;
    out += shown++ == 0 ? "\n" : ",\n";
    append_channel(out, channel);
    last = channel.name();
    return true;
  });
  out += shown == 0 ? "]\n" : "\n]\n";
  Response response = text_response("application/json", std::move(out));
  // Without a path: a proxy's may stand before it.
  if (more)
    response.fields.add("Link", "<?after=" + percent_encode(last) +
                                    "&limit=" + std::to_string(limit) + ">; rel=\"next\"");
  exchange.respond(response);
}

void Pages::append_channel(std::string& out, Channel& channel) const {
  out += "{\"channel\":";
  envelope::append_json_string(out, channel.name());
  out += ",\"messages\":" + std::to_string(channel.size());
  out += ",\"bytes\":" + std::to_string(channel.bytes());
  out += ",\"subscribers\":" + std::to_string(channel.readers().size());
  if (!channel.empty()) {
    Entry& last = channel.back();
    out += ",\"last_id\":\"" + to_string(hub_.hub.id_of(last)) + "\",\"last_time\":\"" +
           format_time(last.message->time) + "\"";
  }
  out += '}';
}

std::string Pages::metrics() const {
  std::string out;
  const Hub& hub = hub_.hub;
  const DeliveryCounts& counts = delivery_.counts();
  append(out, {"published_total", "counter", "Messages published.", counts.published});
  append(out, {"delivered_total", "counter", "Messages handed to readers.", counts.delivered});
  append(out, {"gaps_total", "counter", "Gaps reported to readers.", counts.gaps});
  append(out, {"evicted_total", "counter", "Messages that left a window.", hub.evicted()});
  append(out, {"channels", "gauge", "Channels.", hub.channel_count()});
  append(out, {"memory_bytes", "gauge", "Bytes of all logs.", hub.memory_used()});
  append(out, {"pinned_bytes", "gauge",
               "Bytes of messages that left a window while readers were in the middle of them.",
               hub.pinned()});
  append(out, {"readers_cut_total", "counter", "Readers that were cut because they held too much.",
               counts.cut});
  append(out,
         {"log_lines_dropped_total", "counter", "Log lines that nobody read.", Log::dropped()});
  const Reading::Counts readers = reading_.counts();
  out +=
      "# HELP rtwire_subscribers Readers that are connected.\n"
      "# TYPE rtwire_subscribers gauge\n";
  out += "rtwire_subscribers{transport=\"sse\"} " + std::to_string(readers.streams) + "\n";
  out += "rtwire_subscribers{transport=\"ws\"} " + std::to_string(readers.sockets) + "\n";
  out += "rtwire_subscribers{transport=\"poll\"} " + std::to_string(readers.polls) + "\n";
  for (const Metric& metric : hub_.log.metrics()) append(out, metric);
  for (const auto& [owner, more] : more_metrics_)
    for (const Metric& metric : more()) append(out, metric);
  return out;
}

}  // namespace rt
