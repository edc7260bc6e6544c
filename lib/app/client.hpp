#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/argument_messages.hpp"
#include "app/exec_output.hpp"
#include "app/expectation.hpp"
#include "app/quiet_channel.hpp"
#include "app/recorder.hpp"
#include "app/remote_end.hpp"
#include "app/replay_options.hpp"
#include "app/run.hpp"
#include "app/run_report.hpp"
#include "app/selection.hpp"
#include "app/topic_picker.hpp"
#include "base/result.hpp"
#include "codec/framing.hpp"
#include "engine/histogram.hpp"
#include "io/stdio/state_file.hpp"
#include "model/json_pointer.hpp"
#include "model/send_as.hpp"
#include "model/verb.hpp"

namespace rt {

struct ClientOptions {
  std::string name;  // the endpoint, for errors
  Transport transport = Transport::ws;
  std::optional<std::uint64_t> count;
  std::optional<Milliseconds> timeout;
  std::optional<Milliseconds> linger;
  Framing framing;
  std::vector<Argument> messages;       // pub: instead of stdin
  std::optional<ReplayOptions> replay;  // pub: instead of these
  RecordOptions record;
  bool echo = false;  // pipe: what comes is sent back, instead of stdin
  SendAs send_as = SendAs::by_content;
  std::string content_type;
  std::optional<TopicFrom> topic_from;     // pub: each message's topic; absent: the end's
  std::shared_ptr<const MqttFacts> facts;  // of messages that say nothing else; null: none
  int output_fd = 1;
  std::string output_name = "stdout";
  std::optional<ExecEach> exec;  // instead of the output
  Expectation expectation;
  SelectionOptions selection;
  std::shared_ptr<StateFile> state;        // where to leave how far the run has got; null: nowhere
  std::optional<JsonPointer> sent_at;      // where JSON messages say it, for the totals' latency
  std::shared_ptr<Histogram> round_trips;  // what the end fills; null: nobody wants it
  // What Mosquitto's own clients do.
  bool only_subscribes = false;  // sub: the end, when that is granted
  bool until_live = false;       // sub: the end, when a message comes that a broker had not kept
  bool fails_in_time = false;    // sub: a timeout is an error, whatever has come
  std::uint64_t repeat = 1;      // pub: all of the messages, so often
  Milliseconds repeat_delay{};   // with so long between
  std::optional<QuietOptions> quiet;  // sub: what to ask a hub whose channel brings nothing
  ReportOptions report;
};

// Runs sub, pub or pipe on an end that was made for it. It ends at the end of its input, at
// --count, when stdout is closed (quietly), at the other side's normal close, and when the shutdown
// is requested. Errors carry the endpoint's name: timeout when --timeout passed before --count,
// lost when everything else went well but messages are missing.
asio::awaitable<Result<void>> run_client(Reactor& reactor, Shutdown& shutdown, RemoteEnd& end,
                                         ClientOptions options, Verb verb);

}  // namespace rt
