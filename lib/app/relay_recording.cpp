#include "app/relay_recording.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace rt {
namespace {

using Kind = RelayEndpoint::Kind;

// None of stdin, a program, a file and what is posted to.
std::optional<Transport> transport_of(const RelayEndpoint& endpoint) {
  switch (endpoint.kind) {
    case Kind::poll:
      return Transport::poll;
    case Kind::sse:
      return Transport::sse;
    case Kind::ws:
      return Transport::ws;
    case Kind::mqtt:
      return Transport::mqtt;
    case Kind::serve:
      return endpoint.served;
    default:
      return std::nullopt;
  }
}

}  // namespace

class RelayRecording::RecordedEnd final : public Source, public Sink {
 public:
  RecordedEnd(Recorder& recorder, End& end, std::optional<Transport> transport)
      : recorder_(recorder),
        end_(end),
        name_(end.facts().name),
        proto_(transport ? name_of(*transport) : std::string_view()),
        way_(recorder, transport.value_or(Transport::poll), name_) {
    end_.on_event([this](const ConnectionEvent& event) { way_.on(event); });
  }

  bool is_of(const End& end) const { return &end == &end_; }
  void close() { way_.close(); }

  asio::awaitable<Result<Batch>> read() override {
    Result<Batch> batch = co_await end_.source().read();
    if (!batch || batch->empty()) co_return batch;
    recorder_.messages({.from = RecordedSide::server, .end = name_}, *batch, proto_);
    if (Result<void> room = co_await recorder_.room(); !room) co_return room.error();
    co_return batch;
  }
  bool commits() const override { return end_.source().commits(); }
  void commit(std::size_t left) override { end_.source().commit(left); }

  asio::awaitable<Result<void>> write(Messages messages) override {
    Result<void> written = co_await end_.sink().write(messages);
    if (!written) co_return written;
    recorder_.messages({.from = RecordedSide::client, .end = name_}, messages, proto_);
    Result<void> room = co_await recorder_.room();
    co_return room;
  }
  asio::awaitable<Result<void>> finish() override { return end_.sink().finish(); }
  std::optional<SinkProgress> progress() const override { return end_.sink().progress(); }
  asio::awaitable<Result<void>> settle(std::uint64_t number) override {
    return end_.sink().settle(number);
  }

 private:
  Recorder& recorder_;
  End& end_;
  const std::string name_;
  const std::string_view proto_;
  RecordedWay way_;
};

RelayRecording::RelayRecording(Reactor& reactor, Shutdown& shutdown, RecordOptions options)
    : recorder_(reactor, std::move(options)) {
  recorder_.on_failure([&shutdown] { shutdown.request(); });
}

RelayRecording::~RelayRecording() = default;

void RelayRecording::add(End& end, const RelayEndpoint& endpoint) {
  ends_.push_back(std::make_unique<RecordedEnd>(recorder_, end, transport_of(endpoint)));
}

Source& RelayRecording::source_of(const End& end) {
  return recorded(end);
}

Sink& RelayRecording::sink_of(const End& end) {
  return recorded(end);
}

RelayRecording::RecordedEnd& RelayRecording::recorded(const End& end) {
  return **std::find_if(ends_.begin(), ends_.end(),
                        [&](const auto& one) { return one->is_of(end); });
}

asio::awaitable<Result<void>> RelayRecording::finish() {
  for (const auto& end : ends_) end->close();
  return recorder_.finish();
}

}  // namespace rt
