#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/ws_frame.hpp"
#include "codec/ws_session.hpp"

namespace rt::ws {

// A frame for a session to read: its first byte (0x80 FIN, 0x40 RSV1, then the opcode) and payload.
struct WireFrame {
  unsigned first;
  std::string payload = {};
};

// Its bytes, masked when a server is to read it.
inline std::string wire(Role reader, const WireFrame& frame, std::uint32_t key = 0x37FA213D) {
  std::string bytes;
  if (reader == Role::server)
    append_masked_frame(bytes, Opcode::binary, frame.payload, key);
  else
    append_frame(bytes, Opcode::binary, frame.payload);
  bytes[0] = static_cast<char>(frame.first);
  return bytes;
}

inline std::string wire(Role reader, const std::vector<WireFrame>& frames) {
  std::string bytes;
  std::uint32_t key = 0x37FA213D;
  for (const WireFrame& frame : frames) bytes += wire(reader, frame, key += 0x9E3779B9);
  return bytes;
}

// Frames in words: "text Hello", "pong abc", "close 1000 bye".
inline std::string words_of(Opcode opcode, std::string_view payload) {
  switch (opcode) {
    case Opcode::continuation:
      return "more " + std::string(payload);
    case Opcode::text:
      return "text " + std::string(payload);
    case Opcode::binary:
      return "binary " + std::string(payload);
    case Opcode::ping:
      return "ping " + std::string(payload);
    case Opcode::pong:
      return "pong " + std::string(payload);
    case Opcode::close:
      break;
  }
  if (payload.size() < 2) return "close" + std::string(payload.empty() ? "" : " ?");
  const unsigned code =
      static_cast<unsigned char>(payload[0]) * 256u + static_cast<unsigned char>(payload[1]);
  std::string out = "close " + std::to_string(code);
  if (payload.size() > 2) out += " " + std::string(payload.substr(2));
  return out;
}

// Takes down what a session tells, and does what a test wants meanwhile.
class Recorder : public SessionListener {
 public:
  void on_message(PayloadKind kind, Payload payload) override {
    const Opcode opcode = kind == PayloadKind::text ? Opcode::text : Opcode::binary;
    const std::string words = words_of(opcode, payload.view());
    events += words + "; ";
    if (moved) kept.push_back(payload.take());
    if (then) then();
  }
  void on_control(Opcode opcode, std::string_view payload) override {
    events += words_of(opcode, payload) + "; ";
    if (then) then();
  }
  bool on_hold(std::size_t bytes) override {
    if (asked) asked(bytes);
    held = bytes;
    most_held = std::max(most_held, bytes);
    ++holds;
    return bytes <= room;
  }

  std::string events;
  std::vector<std::string> kept;
  bool moved = false;
  std::size_t held = 0;
  std::size_t most_held = 0;
  std::size_t holds = 0;
  std::size_t room = SIZE_MAX;
  std::function<void()> then;
  std::function<void(std::size_t)> asked;
};

// What has been put out, in words: "pong abc; ". Frames of a client are masked, others not.
inline std::string words_of_output(Role writer, std::string output) {
  std::string words;
  while (!output.empty()) {
    FrameHeader header;
    if (!read_header(output, header) || output.size() < header.size + header.payload) {
      words += "HALF A FRAME; ";
      break;
    }
    if (header.masked != (writer == Role::client)) words += "WRONG MASK; ";
    std::string payload = output.substr(header.size, static_cast<std::size_t>(header.payload));
    if (header.masked) mask(payload.data(), payload.size(), header.key);
    words += words_of(header.opcode, payload) + "; ";
    output.erase(0, header.size + payload.size());
  }
  return words;
}

// A session and what it told; its masking keys are a sequence.
struct End {
  explicit End(Role role, std::size_t max_message = defaults::kMaxMessage,
               const DeflateTerms& deflate = DeflateTerms())
      : options{role, max_message, [this] { return key += 0x9E3779B9; }},
        session(options, recorder, deflate) {}

  // All of it, in pieces of so many bytes.
  void receive(std::string bytes, std::size_t piece = SIZE_MAX) {
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t size = std::min(piece, bytes.size() - at);
      at += session.receive(std::span(bytes).subspan(at, size));
    }
  }
  std::string said() {
    static constexpr const char* kStates[] = {"open", "closing", "ended"};
    return recorder.events + "| " + words_of_output(options.role, session.output()) + "| " +
           kStates[static_cast<int>(session.state())];
  }

  std::uint32_t key = 7;
  SessionOptions options;
  Recorder recorder;
  Session session;
};

// What a session tells and answers: "EVENTS| OUTPUT| STATE".
inline std::string answers(Role role, const std::string& bytes, std::size_t cut,
                           std::size_t max_message, const DeflateTerms& deflate = DeflateTerms()) {
  End end(role, max_message, deflate);
  end.receive(bytes.substr(0, cut));
  end.receive(bytes.substr(cut));
  return end.said();
}

inline std::string answers_bytewise(Role role, const std::string& bytes, std::size_t max_message,
                                    const DeflateTerms& deflate = DeflateTerms()) {
  End end(role, max_message, deflate);
  end.receive(bytes, 1);
  return end.said();
}

// "a server" or "a client", for messages of failed tests.
inline std::string name_of(Role role) {
  return role == Role::server ? "a server" : "a client";
}

}  // namespace rt::ws
