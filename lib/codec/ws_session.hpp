#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/growing.hpp"
#include "codec/ws_deflate.hpp"
#include "codec/ws_frame.hpp"
#include "model/defaults.hpp"
#include "model/message.hpp"

// One end of a WebSocket connection behind its opening handshake (RFC 6455), without I/O.
namespace rt::ws {

enum class Role : std::uint8_t { server, client };

// What many sessions have in common; it outlives them.
struct SessionOptions {
  Role role = Role::server;
  std::size_t max_message = defaults::kMaxMessage;  // bytes of payload; a longer one ends with 1009
  // A client's: unpredictable, and new for each frame (section 5.3).
  std::function<std::uint32_t()> mask_key;
  // Where compression is agreed on without context takeover. Null: made for each message anew.
  std::shared_ptr<DeflateContexts> contexts{};
  // Data is handed on as it comes, in pieces of messages, and nothing is held: who they are for
  // knows no messages. Without compression; whether text is UTF-8 is not looked at.
  bool in_pieces = false;
};

// Appends a message as a server's compressed frames, which refer to nothing before them: for every
// session that takes_shared(). False, and nothing is appended, where it would hardly be shorter.
bool append_shared_message(std::string& out, PayloadKind kind, std::string_view payload,
                           DeflateContexts& contexts);

// The payload of a message that has come: in the bytes that were received, or put together.
class Payload {
 public:
  explicit Payload(std::string_view bytes) : bytes_(bytes) {}
  explicit Payload(std::string& whole) : bytes_(whole), whole_(&whole) {}

  // Lasts until on_message returns.
  std::string_view view() const { return bytes_; }
  // Moved out where it was put together, else copied; without much spare room. Once.
  std::string take() {
    if (whole_ == nullptr) return std::string(bytes_);
    drop_spare_room(*whole_);
    return std::move(*whole_);
  }

 private:
  std::string_view bytes_;
  std::string* whole_ = nullptr;
};

// May call everything of the session but receive(), landing() and landed(), and must not destroy
// it.
class SessionListener {
 public:
  virtual void on_message(PayloadKind kind, Payload payload) = 0;
  // A ping, a pong or the peer's close frame, before the session has acted on it: the code of a
  // close frame may be one that must not be sent.
  virtual void on_control(Opcode opcode, std::string_view payload) = 0;
  // So many bytes will be held for a message that is not whole, its decompressor among them (0:
  // none any more). False: there is no room, and the session closes with 1013. What is less than
  // before is not refused.
  virtual bool on_hold(std::size_t bytes) = 0;

 protected:
  ~SessionListener() = default;
};

// What comes out does not depend on how the bytes are cut. An idle session owns no heap memory but
// for contexts of compression that are taken over.
class Session {
 public:
  enum class State : std::uint8_t {
    open,
    closing,  // our close frame is in the output, the peer's has not come
    ended,    // the peer's close frame has come, too: close the connection when the output is sent
  };

  // `deflate`: the compression that the opening handshake has agreed on, or none.
  Session(const SessionOptions& options, SessionListener& listener,
          const DeflateTerms& deflate = DeflateTerms());
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes bytes from the peer, which are unmasked where they lie. Returns how many were taken: all
  // of them, unless pause() was called meanwhile. What comes behind a violation is passed over up
  // to the peer's close frame, what comes behind that is thrown away.
  std::size_t receive(std::span<char> bytes);
  // While a long message comes: where its next bytes may be received without a copy; then landed()
  // tells how many were, in place of receive(). Else empty. What ends the session or gives the
  // message up makes the place invalid, and so does landing() itself: it may ask for more memory.
  std::span<char> landing();
  void landed(std::size_t bytes);
  // From the listener: receive() returns behind the message or frame that is being handed on.
  void pause() { paused_ = true; }

  // Whole frames that answer the peer (pongs, a close) and those of ping() and close(). To be sent
  // between any two frames, and moved out of here by the caller: what stays here may change.
  // Nothing else is put here. Of a burst of pings, the latest is answered when this is not taken in
  // time, and our own pings are left out: it stays below some KiB.
  std::string& output() { return output_; }

  void ping(std::string_view payload);
  // Begins the closing handshake, once; nothing but the output may be sent behind it. Messages
  // still come until the peer's close frame. `code` must be one that may be sent (section 7.4).
  void close(std::uint16_t code, std::string_view reason);

  State state() const { return state_; }
  // The peer's close frame came, and before ours.
  bool closed_by_peer() const;
  // Of the peer's close frame: 1005 when it had no code that may be sent, 1006 when none has come.
  std::uint16_t peer_code() const;
  const std::string& peer_reason() const;
  // Of our close frame; 0 when none was made but as the answer to the peer's.
  std::uint16_t own_code() const;
  const std::string& own_reason() const;
  // What the peer did that it must not (Fault::protocol; a message over max_message as well), or
  // nothing.
  const std::optional<Error>& violation() const;

  // Of the message that is not whole: bytes that have come of it, and those that its frame
  // announces besides.
  bool in_message() const;
  std::size_t message_bytes() const;
  std::size_t announced() const;
  // Gives the unfinished message's memory back and closes with the code. What comes then is passed
  // over as behind a violation.
  void give_up(std::uint16_t code, std::string_view reason);

  // Appends a whole data message as this role sends it; with compression where that was agreed on
  // and pays. Messages are sent in the order in which they were made here.
  void append_message(std::string& out, PayloadKind kind, std::string_view payload);
  // Whether the peer can read what append_shared_message() makes. Whoever sends it such a message
  // says so, as what append_message() makes must not refer to more than the peer has.
  bool takes_shared() const {
    return deflate_.on && deflate_.server_max_window_bits == kMostWindowBits;
  }
  void sent_shared() { context_lost_ = true; }

 private:
  struct Incoming;
  struct Ending;
  struct Breach;

  std::size_t take_header(std::span<char> bytes);
  std::size_t begin_frame(const FrameHeader& header, std::span<char> bytes);
  std::size_t begin_data(const FrameHeader& header, std::span<char> bytes);
  std::size_t resume(std::span<char> bytes);
  std::size_t take_payload(std::span<char> bytes);
  std::size_t take_control(std::span<char> bytes);
  std::size_t pass_over(std::span<char> bytes);
  bool payload_landed(std::size_t bytes);
  bool inflate(std::string_view input);
  bool end_inflating();
  void release_inflater();
  bool make_room(std::size_t more);
  void end_frame();
  void end_message();

  Breach breach_of(const FrameHeader& header) const;
  Breach length_breach(std::uint64_t payload, bool compressed) const;
  Breach too_long() const;
  void on_control(Opcode opcode, std::string_view payload);
  void on_close(std::string_view payload, bool was_open);
  void answer_ping(std::string_view payload);
  bool fail(const Breach& breach);  // false
  void drop_message();

  Incoming& incoming();
  Ending& ending();
  bool is_client() const { return options_.role == Role::client; }
  void append_control(Opcode opcode, std::string_view payload);
  bool append_compressed(std::string& out, Opcode opcode, std::string_view payload);

  const SessionOptions& options_;
  SessionListener& listener_;
  std::string output_;
  std::unique_ptr<Incoming> incoming_;  // while a message, a frame or a header is not whole
  std::unique_ptr<Ending> ending_;      // from the first close frame or violation on
  std::unique_ptr<Inflater> inflater_;  // during a message, or with context takeover
  std::unique_ptr<Deflater> deflater_;  // with context takeover
  DeflateTerms deflate_;
  State state_ = State::open;
  bool paused_ = false;
  bool context_lost_ = false;  // the peer's differs from our compressor's
  bool passing_over_ = false;  // up to the peer's close frame
  // The pong that the output ends with while it is of this size, and the pong's own.
  std::uint8_t last_pong_ = 0;
  std::uint32_t pong_end_ = 0;
  std::uint32_t proven_ = 0;  // bytes that the last message in pieces had, or fewer
};

}  // namespace rt::ws
