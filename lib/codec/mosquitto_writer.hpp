#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "model/message.hpp"
#include "model/mosquitto_format.hpp"

namespace rt {

// Messages as mosquitto_sub and mosquitto_rr 2.0.11 print them, byte by byte; their times are those
// of the messages. What a packet said beside is taken from Message::mqtt. Pure.
class MosquittoWriter {
 public:
  explicit MosquittoWriter(MosquittoFormat format);

  void append(std::string& out, const Message& message);

 private:
  struct Field;
  void append_format(std::string& out, const Message& message) const;
  void append_field(std::string& out, const Message& message, const Field& field) const;
  void append_json(std::string& out, const Message& message, bool of_json) const;

  MosquittoFormat format_;
  Random random_;
};

}  // namespace rt
