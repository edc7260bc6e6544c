#pragma once

#include <string>
#include <string_view>

#include "io/server/exchange.hpp"

// Answers as bytes of HTTP/1.1 (RFC 9112). `date_field` is a whole "Date: ...\r\n" line.
namespace rt {

// What an answer's form depends on besides the answer: the request, and the connection's fate.
struct AnswerForm {
  bool keep_alive = true;
  bool head_only = false;  // the request was HEAD
  bool http10 = false;     // the request was of HTTP/1.0, where keeping alive is to be said
};

// Appends a whole answer. One of 204 or 304 has no body and names no length.
void append_answer(std::string& out, const Response& response, std::string_view date_field,
                   AnswerForm form);

// Appends the head of an answer that ends with its connection (status 200).
void append_stream_head(std::string& out, const http::Fields& fields, std::string_view date_field);

// Appends the head of an answer whose body comes in pieces (status 200): chunked, but for HTTP/1.0,
// whose connection ends with it.
void append_pieces_head(std::string& out, const http::Fields& fields, std::string_view date_field,
                        AnswerForm form);
// Appends a piece of it as a chunk (RFC 9112 section 7.1); it is not empty.
void append_chunk(std::string& out, std::string_view piece);
void append_last_chunk(std::string& out);

// The answer to what cannot be served, after which the connection ends. `reason` is one of ours: it
// has nothing that JSON would escape.
Response refusal_answer(int status, std::string_view reason);

}  // namespace rt
