#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "codec/http1.hpp"

namespace rt::test {

// All that a decoder made of a connection's bytes, as text.
struct Http1Transcript {
  std::string full;   // everything in a request, to compare two ways of cutting
  std::string brief;  // "GET /a @host [body] close expect | 400", to write down in tables
};

inline void append_request(Http1Transcript& transcript, const http1::Request& request) {
  std::string& full = transcript.full;
  const auto field = [&full](std::string_view name, std::string_view value) {
    full.append(name).append("=").append(value).append("\n");
  };
  field("method", request.method);
  field("target", request.target);
  field("path", request.path);
  field("query", request.query);
  field("authority", request.authority);
  for (const auto& one : request.fields) field(one.name, one.value);
  field("minor version", std::to_string(request.minor_version));
  field("keep alive", std::to_string(request.keep_alive));
  field("announces body", std::to_string(request.announces_body));
  field("has body", std::to_string(request.has_body));
  field("expect", std::to_string(request.expect_continue));
  field("body", request.body);

  std::string& brief = transcript.brief;
  if (!brief.empty()) brief += " | ";
  brief.append(request.method).append(" ").append(request.target).append(" @");
  brief.append(request.authority);
  if (!request.body.empty()) brief.append(" [").append(request.body).append("]");
  if (!request.keep_alive) brief += " close";
  if (request.expect_continue) brief += " expect";
}

inline void append_end(Http1Transcript& transcript, const http1::RequestDecoder& decoder) {
  using State = http1::RequestDecoder::State;
  if (decoder.state() == State::idle) return;
  if (!transcript.brief.empty()) transcript.brief += " | ";
  if (decoder.state() == State::failed) {
    const std::string status = std::to_string(decoder.status());
    transcript.brief += status;
    transcript.full.append(status).append(" ").append(decoder.reason());
  } else {
    const char* state = decoder.state() == State::head ? "(head)" : "(body)";
    transcript.brief += state;
    transcript.full += state;
  }
}

// Feeds the input in pieces of the sizes that next_size gives. Each piece is a buffer of its own
// that is gone before the next one comes, so that a sanitizer sees a view that outlives it.
inline Http1Transcript http1_transcript(std::string_view input, const http1::Limits& limits,
                                        const std::function<std::size_t()>& next_size) {
  using State = http1::RequestDecoder::State;
  Http1Transcript transcript;
  http1::RequestDecoder decoder(limits);
  http1::Request request;
  while (!input.empty() && decoder.state() != State::failed) {
    const std::size_t size = std::clamp<std::size_t>(next_size(), 1, input.size());
    const auto piece = std::make_unique<char[]>(size);
    std::memcpy(piece.get(), input.data(), size);
    input.remove_prefix(size);

    std::string_view rest(piece.get(), size);
    while (!rest.empty() && decoder.state() != State::failed) {
      const State before = decoder.state();
      const std::size_t taken = decoder.receive(rest, request);
      if (taken == 0 || taken > rest.size()) std::abort();
      rest.remove_prefix(taken);
      if (decoder.state() == State::body && before != State::body) {
        Http1Transcript head;  // reads every view
        append_request(head, request);
      }
      if (decoder.state() != State::complete) continue;
      append_request(transcript, request);
      const std::string body(request.body);
      if (decoder.take_body(request) != body) std::abort();
      decoder.reset();
    }
  }
  append_end(transcript, decoder);
  return transcript;
}

}  // namespace rt::test
