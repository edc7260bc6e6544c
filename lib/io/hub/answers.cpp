#include "io/hub/answers.hpp"

#include "codec/envelope.hpp"
#include "codec/http_values.hpp"

namespace rt {

void Answers::add_cors(const http::Request& request, http::Fields& fields) const {
  if (!access_.has_cors()) return;
  fields.add("Vary", "Origin");
  const std::string_view origin = request.value("Origin");
  if (!access_.cors_allowed(origin)) return;
  fields.add("Access-Control-Allow-Origin", origin);
  if (access_.names_origin(origin)) fields.add("Access-Control-Allow-Credentials", "true");
  fields.add("Access-Control-Expose-Headers",
             "ETag, RT-Id, RT-Next, RT-Gap, RT-Event, RT-Origin-Id, RT-Via");
}

void Answers::preflight(Exchange& exchange) const {
  const http::Request& request = exchange.request();
  Response response;
  response.status = 204;
  response.fields.add({kAllow});
  add_cors(request, response.fields);
  if (access_.cors_allowed(request.value("Origin")))
    response.fields.add({{"Access-Control-Allow-Methods", "GET, HEAD, POST, PUT"},
                         {"Access-Control-Allow-Headers",
                          "Content-Type, If-None-Match, Last-Event-ID, Prefer, RT-Event, "
                          "RT-Origin-Id, RT-Via, Cache-Control, Accept, Authorization"},
                         {"Access-Control-Max-Age", "600"}});
  exchange.respond(response);
}

Response Answers::problem(int status, std::string_view detail,
                          std::initializer_list<http::Field> more_fields) {
  Response response;
  response.status = status;
  response.fields.add("Content-Type", "application/problem+json");
  response.fields.add(kGuard);
  response.fields.add(more_fields);
  response.body = "{\"title\":";
  envelope::append_json_string(response.body, http::reason_phrase(status));
  response.body += ",\"status\":" + std::to_string(status) + ",\"detail\":";
  envelope::append_json_string(response.body, detail);
  response.body += "}\n";
  return response;
}

void Answers::refuse(Exchange& exchange, int status, std::string_view detail,
                     std::initializer_list<http::Field> more_fields) const {
  Response response = problem(status, detail, more_fields);
  add_cors(exchange.request(), response.fields);
  exchange.respond(response);
}

Response not_taken(const Error& why) {
  if (why.fault() == Fault::usage) return Answers::problem(400, why.text());
  return Answers::problem(503, why.text(), {{"Retry-After", "1"}});
}

}  // namespace rt
