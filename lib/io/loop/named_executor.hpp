#pragma once

#include <asio/execution.hpp>
#include <asio/prefer.hpp>
#include <asio/query.hpp>
#include <asio/require.hpp>
#include <asio/version.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "base/log.hpp"

namespace rt {

// An executor whose handlers write log lines under a name (Log::About): whatever was begun on it
// goes on under that name. The name is never freed.
template <class Inner>
class NamedExecutor {
 public:
  NamedExecutor(Inner inner, const std::string* name) noexcept
      : inner_(std::move(inner)), name_(name) {}

  // What Asio gives, a const value among it.
  template <class Property>
  // NOLINTNEXTLINE(readability-const-return-type)
  requires asio::can_query<const Inner&, Property>::value decltype(auto) query(
      const Property& property) const
      noexcept(asio::is_nothrow_query<const Inner&, Property>::value) {
    return asio::query(inner_, property);
  }
  template <class Property>
  requires asio::can_require<const Inner&, Property>::value auto require(const Property& property)
      const noexcept(asio::is_nothrow_require<const Inner&, Property>::value) {
    return named(asio::require(inner_, property));
  }
  template <class Property>
  requires asio::can_prefer<const Inner&, Property>::value auto prefer(const Property& property)
      const noexcept(asio::is_nothrow_prefer<const Inner&, Property>::value) {
    return named(asio::prefer(inner_, property));
  }

  template <class Function>
  void execute(Function&& function) const {
    auto work = [name = name_, inside = std::forward<Function>(function)]() mutable {
      const Log::About about(name);
      std::move(inside)();
    };
#if ASIO_VERSION < 102400  // where the member is not for everybody yet
    asio::execution::execute(inner_, std::move(work));
#else
    inner_.execute(std::move(work));
#endif
  }

  friend bool operator==(const NamedExecutor& a, const NamedExecutor& b) noexcept {
    return a.inner_ == b.inner_ && a.name_ == b.name_;
  }
  friend bool operator!=(const NamedExecutor& a, const NamedExecutor& b) noexcept {
    return !(a == b);
  }

 private:
  template <class Other>
  NamedExecutor<std::decay_t<Other>> named(Other&& other) const noexcept {
    return {std::forward<Other>(other), name_};
  }

  Inner inner_;
  const std::string* name_;
};

}  // namespace rt
