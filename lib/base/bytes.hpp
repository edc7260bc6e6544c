#pragma once

#include <memory>
#include <string>
#include <utility>

namespace rt {

// Bytes that several readers share and nobody changes. Null means "none yet".
using SharedBytes = std::shared_ptr<const std::string>;

inline SharedBytes share(std::string bytes) {
  return std::make_shared<const std::string>(std::move(bytes));
}

}  // namespace rt
