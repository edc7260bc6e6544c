#pragma once

#include <algorithm>
#include <asio/awaitable.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "app/link.hpp"

namespace rt {

// Passes over what its link cannot carry, or what the other side refuses for itself, so that one
// message is not the end of all. What is passed over counts as accepted: it does not come again.
class SkippingLink final : public Link {
 public:
  // No message: those that were refused are not known any more, only why.
  using OnSkipped = std::function<void(const Message*, const Error&)>;

  // The link must outlive this.
  SkippingLink(Link& link, OnSkipped on_skipped)
      : link_(link), on_skipped_(std::move(on_skipped)) {}

  asio::awaitable<Result<void>> write(const Batch& batch) override;
  std::size_t accepted() const override {
    return under_way_ > 0 ? accepted_ + std::min(link_.accepted(), under_way_) : accepted_;
  }
  Outstanding outstanding() const override { return link_.outstanding(); }
  asio::awaitable<Result<void>> flush() override;

  asio::awaitable<Result<void>> open() override { return link_.open(); }
  bool is_open() const override { return link_.is_open(); }
  bool established() const override { return link_.established(); }
  asio::awaitable<Result<Batch>> read() override { return link_.read(); }
  void commit(std::size_t left) override { link_.commit(left); }
  bool commits() const override { return link_.commits(); }
  asio::awaitable<void> close() override { return link_.close(); }
  void hurry() override { link_.hurry(); }
  std::optional<Error> parting_refusal() const override { return link_.parting_refusal(); }
  bool ended_for_good() const override { return link_.ended_for_good(); }
  std::optional<Error> final_refusal() const override { return link_.final_refusal(); }
  bool acknowledged() const override { return link_.acknowledged(); }
  std::string_view way_to_acknowledge() const override { return link_.way_to_acknowledge(); }
  std::string how_it_ended() const override { return link_.how_it_ended(); }
  std::optional<Milliseconds> wish() const override { return link_.wish(); }
  std::optional<Milliseconds> reconnection_time() const override {
    return link_.reconnection_time();
  }
  Refusal refusal(const Error& error) const override { return link_.refusal(error); }

 private:
  Link& link_;
  OnSkipped on_skipped_;
  std::size_t accepted_ = 0;
  std::size_t under_way_ = 0;  // messages that the link is just writing
};

}  // namespace rt
