#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "model/changed_by.hpp"
#include "model/defaults.hpp"
#include "model/dialect_name.hpp"
#include "model/escape.hpp"
#include "model/framing_kind.hpp"
#include "model/message.hpp"
#include "model/mqtt_protocol.hpp"
#include "model/network_options.hpp"
#include "model/send_as.hpp"
#include "model/tls_options.hpp"
#include "model/verb.hpp"

namespace rt {

enum class Program : std::uint8_t { rtpoll, rtsse, rtws, rtmqtt, rtrelay };

std::string_view name_of(Program program);
std::string_view name_of(Verb verb);
// What http, https and a URL without a scheme mean there. rtrelay, where the scheme says it, has
// poll.
Transport transport_of(Program program);

// What -d said: the message itself, or the file that holds it.
struct DataArgument {
  bool from_file = false;
  std::string text;  // the payload; from_file: a path, "-" for stdin

  bool operator==(const DataArgument&) const = default;
};

// What is done first at each connection of a WebSocket.
struct OpeningStep {
  enum class Kind : std::uint8_t { send, send_binary, await };
  Kind kind = Kind::send;
  bool from_file = false;
  std::string text;  // what is sent, a path, or the pattern that is awaited

  bool operator==(const OpeningStep&) const = default;
};

// Where a password was said.
enum class PasswordFrom : std::uint8_t {
  file,      // of --password-file, or nowhere
  user,      // with the user's name, whose alone it is
  variable,  // RT_PASSWORD
  endpoint,  // the end's own table of the configuration file
};

// What the command line and the environment said, for all programs and verbs. A default-constructed
// object holds every default, and the help prints them from it. What a program or verb has no
// option for stays at its default.
struct Options {
  Verb verb = Verb::sub;
  std::string url;                     // sub, pub, pipe: as it was written
  std::string listen;                  // serve: [HOST:]PORT[/CHANNEL] as it was written
  std::vector<std::string> messages;   // pub: MESSAGE arguments, byte for byte
  std::vector<std::string> more_urls;  // rtmqtt sub: those behind the first
  std::vector<std::string> endpoints;  // rtrelay FROM TO...: the arguments as they were written

  // Messages
  std::optional<std::uint64_t> count;   // at least 1
  std::optional<Milliseconds> timeout;  // more than 0
  std::optional<Milliseconds> linger;   // absent: the verb's own habit
  std::vector<DataArgument> data;       // never together with messages
  std::string content_type;
  SendAs send_as = SendAs::by_content;

  // Framing and output
  FramingKind framing = FramingKind::lines;
  std::string delimiter = "\n";  // for FramingKind::delimiter; escapes are resolved, never empty
  bool crlf = false;             // of FramingKind::lines: they end with CR LF
  bool whole = false;            // of FramingKind::raw: stdin is one message
  std::string output;            // a path; empty or "-": stdout
  std::string format;            // a valid template for each message; empty: its payload
  Escape escape = Escape::warn;

  // Recordings
  std::string record;       // a file; empty: none
  std::string replay;       // a file, "-": stdin; empty: none
  std::string replay_from;  // "client", "server"; empty: whose it usually is
  double speed = 1;         // times as fast; 0: all at once

  // What is done with each message that arrives
  std::string exec;           // a command to run for each; empty: messages are written
  std::size_t exec_jobs = 1;  // commands at a time
  bool reply = false;         // exec's output is sent to where the message wants an answer
  bool shell = false;         // exec is a script for sh
  std::size_t max_children = 64;
  std::string expect;  // a pattern; empty: none
  std::optional<Milliseconds> within;
  std::string until;                // a pattern; empty: none
  std::vector<std::string> select;  // JSON pointers
  std::vector<std::string> where;   // conditions
  std::vector<std::string> events;
  bool changes = false;
  bool diff = false;

  // Connection
  bool retry = false;         // the first connection too
  bool no_reconnect = false;  // a later loss is final
  std::string final_codes;    // of a WebSocket's close (model/close_codes.hpp); empty: the usual
  bool no_cookies = false;    // a server's do not go back to it
  std::string cookie_jar;     // a file that keeps them; empty: none
  bool no_location = false;   // redirects are not followed
  bool reconnect = false;     // also where the request would be done again
  std::optional<Milliseconds> idle_timeout;  // 0: never; absent: the transport's own habit
  NetworkOptions network;
  Milliseconds retry_max_delay = defaults::kMostPause;
  Milliseconds connect_timeout = defaults::kConnectTimeout;
  Milliseconds keepalive = defaults::kPingInterval;          // a client's WebSocket pings; 0: none
  bool hub = false;                                          // the other side is an rtwire hub
  std::vector<std::pair<std::string, std::string>> headers;  // valid field names and values
  std::vector<std::string> subprotocols;
  bool compress = false;                // WebSocket: permessage-deflate
  std::vector<OpeningStep> opening;     // in their order
  std::vector<std::string> rejections;  // patterns
  std::vector<std::string> answers;     // model/answer_rule.hpp
  std::string ping_message;             // empty: none
  Milliseconds ping_message_interval = defaults::kPingMessageInterval;
  DialectName dialect;  // --protocol, but for MQTT's versions
  bool ack = false;     // Socket.IO: the server acknowledges; STOMP: we do
  std::string joining;  // a JSON object, or @ and a path; empty: none
  std::string origin;
  std::size_t max_message =
      defaults::kMaxMessage;  // bytes, at least 1; sent, received and published

  // Security. `password` belongs to `user` or, when that is empty, to the URL's user; without a
  // user it is not sent. Where it is absent password_file gives it, and else a prompt.
  std::string user;
  std::optional<std::string> password;
  PasswordFrom password_from = PasswordFrom::file;
  std::string password_file;
  std::string bearer;
  std::string bearer_file;
  TlsOptions tls;
  std::string psk_file;           // gives tls.psk where that is empty, in hexadecimal
  std::string key_password_file;  // gives tls.key_password where that is empty
  bool netrc = false;             // credentials from there where none are given
  std::string netrc_file;         // empty: ~/.netrc

  // Polling and resuming
  Milliseconds interval = defaults::kPollInterval;  // more than 0
  std::optional<Milliseconds> long_poll;  // the wait of one long poll; absent: short polling
  Milliseconds jitter{};
  std::optional<std::pair<Milliseconds, Milliseconds>> adaptive;  // in place of interval
  std::size_t follow_next = 0;                                    // pages
  bool any_origin = false;
  ChangedBy changed = ChangedBy::automatic;
  bool ignore_max_age = false;
  std::optional<std::string> items;  // JSON pointers
  std::optional<std::string> item_key;
  std::string cursor;  // a CursorPlace; empty: none
  std::string cursor_param;
  std::string last_event_id;
  std::string state;                  // a file; empty: none
  std::string query_id;               // the parameter that carries it; empty: a header does
  std::string method;                 // of the request; empty: the usual one
  std::optional<std::string> since;   // an id; empty: the whole window
  std::optional<std::uint64_t> last;  // at least 1

  // MQTT
  std::vector<std::string> topics;    // --topic: topics or filters beside the URL's own
  std::vector<std::string> excludes;  // --exclude: filters
  std::optional<std::uint8_t> qos;    // 0..2; absent: 0, and 1 in rtrelay
  bool retain = false;                // publish as retained
  bool never_retain = false;          // --retain=no: what came retained goes on without
  bool retained_only = false;
  bool no_retained = false;
  std::string client_id;  // empty: one is made
  std::string ws_path = "/mqtt";
  bool remove_retained = false;
  bool follow_redirect = false;
  bool skip_refused = false;
  bool clean = false;  // start a new session although one is kept
  std::optional<Milliseconds>
      session_expiry;  // how long the broker keeps the session; whole seconds
  Milliseconds mqtt_keepalive =
      defaults::kMqttKeepalive;  // --keepalive of rtmqtt; 0: none, at most 65535 s
  std::string will_topic;
  std::string will_payload;
  std::uint8_t will_qos = 0;
  bool will_retain = false;
  MqttProtocol protocol = MqttProtocol::automatic;
  std::vector<std::pair<std::string, std::string>> properties;  // --property NAME=VALUE
  std::string response_topic;          // where answers are to go; empty: none are wanted
  std::string correlation;             // what they are to bear
  std::optional<Milliseconds> expiry;  // of a message; whole seconds
  std::string topic_from;              // pub: a JSON pointer, or "first-word"; empty: the URL's
  bool unordered = false;              // rpc: answers in the order in which they come

  // Relay
  std::vector<std::string> from;  // --from: sources beside the first argument, or instead of it
  bool both = false;
  std::string dead_letter;  // an end; empty: none

  // What an end of a relay does with messages
  struct Batch {
    std::size_t messages = 1000;  // at least 1
    Milliseconds time = Milliseconds(1000);

    bool operator==(const Batch&) const = default;
  };
  struct AtMost {
    std::uint64_t number = 1;  // at least 1
    Milliseconds period = Milliseconds(1000);

    bool operator==(const AtMost&) const = default;
  };
  struct Rotate {
    std::uint64_t bytes = 0;
    std::size_t files = 5;

    bool operator==(const Rotate&) const = default;
  };
  std::optional<std::string> pick;  // JSON pointers
  std::optional<std::string> each_key;
  std::string transform;  // a command; empty: none
  bool envelope = false;
  std::vector<std::pair<std::string, std::string>> set_properties;
  std::string set_content_type;  // empty: as it comes
  std::string topic_header;      // empty: none
  std::optional<Batch> batch;
  std::optional<AtMost> rate;
  bool ack_lines = false;  // of exec: as a sink
  std::optional<Rotate> rotate;
  bool from_start = false;
  bool allow_doubles = false;

  // Of the route itself
  std::vector<std::string> maps;           // sed's s commands, applied in order
  std::vector<std::string> filters;        // topic filters: what passes; none: all
  std::size_t buffer = defaults::kBuffer;  // bytes kept of a source that cannot be held
  std::string routes_file;                 // of rtrelay run
  bool check = false;                      // the file is judged, and nothing done
  bool status = false;                     // the status line, also when stderr is no terminal
  bool no_status = false;

  // Compare
  std::vector<std::string> ways;        // names of compared_way; none: the usual ones
  std::string compare_message = "200";  // TEXT, @FILE or SIZE
  std::size_t readers = 10;
  std::size_t publishers = 1;
  bool two_way = false;
  Milliseconds compare_time = Milliseconds(3000);
  std::size_t rounds = 3;
  std::string compare_network;  // parse_network_conditions takes it; empty: none
  std::optional<std::pair<Milliseconds, Milliseconds>> compare_cut;  // after, for
  Milliseconds late = Milliseconds(1000);
  Milliseconds poll_every = Milliseconds(1000);
  bool wide = false;
  std::string html;                // a file; empty: none
  std::vector<std::string> needs;  // names of compared_need
  std::string against;             // a file that stats_json named; empty: none
  std::string sweep;               // parse_swept_range takes it; empty: nothing is swept
  std::string hgrm;                // a directory; empty: none
  std::vector<std::string> at;     // URLs of feeds that exist: these are compared, and no ways
  std::optional<std::string> same_by;

  // Server
  std::string mqtt_listen;                   // rtrelay serve --mqtt: [HOST:]PORT; empty: no broker
  std::string store;                         // a directory; empty: none
  std::string bus;                           // rtrelay serve --bus: an MQTT URL; empty: none
  std::size_t history = defaults::kHistory;  // messages a channel, at least 1
  std::size_t history_bytes = defaults::kHistoryBytes;  // bytes a channel
  std::optional<Milliseconds> history_age;
  std::size_t memory = defaults::kMemory;  // bytes
  std::size_t max_channels = defaults::kMaxChannels;
  std::size_t max_connections = defaults::kMaxConnections;
  std::vector<std::string> allow_origins;
  std::vector<std::string> allow_hosts;
  std::string base_path;  // of a hub's URLs: "/live"; empty: none
  bool no_relay = false;
  bool exit_on_eof = false;
  bool echo = false;
  Milliseconds heartbeat = defaults::kPingInterval;  // 0: none
  Milliseconds sse_retry = defaults::kSseRetry;      // 0: no retry field is sent

  // Configuration
  std::string config;   // the file's name as it was given; empty: the usual one, or none
  std::string profile;  // empty: none
  bool explain = false;
  bool dry_run = false;
  std::vector<std::string> warnings;  // what is to be told before anything is done
  // The long names of options that a variable or the file said, each with what stands before its
  // value in an error: "RT_CACERT=", "FILE:4 [rtmqtt] cacert ".
  std::vector<std::pair<std::string, std::string>> origins;
  // The long names of options that are for this end alone: its table or the command line says so.
  std::vector<std::string> of_endpoint;
  // rtrelay FROM TO...: what each of `from`, each of `endpoints` and `dead_letter` is reached with,
  // when one has options of its own; else empty.
  std::vector<Options> ends;

  // Reports on stderr
  bool quiet = false;
  unsigned verbose = 0;   // 1: -v, 2: -vv
  bool progress = false;  // the live line, also when nobody would expect it
  bool no_progress = false;
  bool stats = false;      // totals at the end
  std::string stats_json;  // a file for them; empty: none
  std::string sent_at;     // a JSON pointer; empty: none

  bool operator==(const Options&) const = default;
};

}  // namespace rt
