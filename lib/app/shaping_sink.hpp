#pragma once

#include <asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "app/shape.hpp"
#include "app/transformer.hpp"
#include "base/result.hpp"
#include "engine/pace.hpp"
#include "io/loop/reactor.hpp"
#include "io/loop/source.hpp"

namespace rt {

// A sink that gets what is wanted of messages, as it is wanted, and no faster than it may be. What
// is left out counts as written.
class ShapingSink final : public Sink {
 public:
  struct Options {
    std::string name;  // of the end, for people
    ShapeOptions shape;
    std::optional<Rate> rate;
    // Called for a message that its command cannot make anything of.
    std::function<void(const Message&, const std::string& why)> on_refused;
  };
  // The sink outlives this.
  ShapingSink(Reactor& reactor, Sink& sink, Options options);

  asio::awaitable<Result<void>> write(Messages messages) override;
  asio::awaitable<Result<void>> drain() override { return sink_.drain(); }
  std::optional<SinkProgress> progress() const override { return sink_.progress(); }
  asio::awaitable<Result<void>> settle(std::uint64_t number) override {
    return sink_.settle(number);
  }
  asio::awaitable<Result<void>> finish() override;

 private:
  asio::awaitable<Result<void>> write_paced(Messages messages);

  Reactor& reactor_;
  Sink& sink_;
  Options options_;
  Shape shape_;
  std::optional<Transformer> transformer_;
  std::optional<Pace> pace_;
  bool prepared_ = false;
  bool told_none_ = false;
  std::uint64_t selected_ = 0;
};

}  // namespace rt
