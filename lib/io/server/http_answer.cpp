#include "io/server/http_answer.hpp"

#include <cstdio>

#include "codec/http1.hpp"
#include "codec/http_values.hpp"

namespace rt {

void append_answer(std::string& out, const Response& response, std::string_view date_field,
                   AnswerForm form) {
  const bool bodiless = response.status == 204 || response.status == 304;
  http1::append_status_line(out, response.status);
  out += date_field;
  http1::append_fields(out, response.fields);
  if (!bodiless) http1::append_content_length(out, response.body.size());
  if (!form.keep_alive)
    out += "Connection: close\r\n";
  else if (form.http10)
    out += "Connection: keep-alive\r\n";
  out += "\r\n";
  if (!form.head_only && !bodiless) out += response.body;
}

void append_stream_head(std::string& out, const http::Fields& fields, std::string_view date_field) {
  http1::append_status_line(out, 200);
  out += date_field;
  http1::append_fields(out, fields);
  out += "Connection: close\r\n\r\n";
}

void append_pieces_head(std::string& out, const http::Fields& fields, std::string_view date_field,
                        AnswerForm form) {
  http1::append_status_line(out, 200);
  out += date_field;
  http1::append_fields(out, fields);
  if (!form.http10) out += "Transfer-Encoding: chunked\r\n";
  if (!form.keep_alive || form.http10) out += "Connection: close\r\n";
  out += "\r\n";
}

void append_chunk(std::string& out, std::string_view piece) {
  char size[20];
  const int n = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
  out.append(size, static_cast<std::size_t>(n)).append(piece).append("\r\n");
}

void append_last_chunk(std::string& out) {
  out += "0\r\n\r\n";
}

Response refusal_answer(int status, std::string_view reason) {
  Response response;
  response.status = status;
  response.fields.add("Content-Type", "application/problem+json");
  response.body = "{\"title\":\"";
  response.body += http::reason_phrase(status);
  response.body += "\",\"status\":" + std::to_string(status) + ",\"detail\":\"";
  response.body += reason;
  response.body += "\"}\n";
  return response;
}

}  // namespace rt
