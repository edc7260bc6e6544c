#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "codec/dialect.hpp"

namespace rt {

// GraphQL over WebSocket, subprotocol graphql-transport-ws, as a client.
//
// A message to send is an operation: the text of a query, or a JSON object with "query" and what
// else the specification knows. It is acknowledged when it is complete. What comes is each result
// as JSON, with its "data" and "errors". An operation that is refused is a fault.
class GraphqlWs final : public Dialect {
 public:
  explicit GraphqlWs(const DialectOptions& options);

  void begin() override;
  void receive(PayloadKind kind, std::string payload) override;
  Result<void> send(const Message& message, bool counted) override;
  std::optional<Error> explain_close(std::uint16_t code, std::string_view reason) const override;
  bool acknowledges() const override { return true; }
  bool complete() const override { return asked_ && running_.empty(); }

 private:
  void take(std::string_view type, std::string_view json);
  void take_refusal(std::string_view errors);
  void end_operation(const std::string& id);

  const DialectOptions options_;
  std::uint64_t counted_ = 0;
  std::uint64_t uncounted_ = 0;
  bool asked_ = false;
  std::set<std::string, std::less<>> running_;  // ids of operations: "7", and "u7" uncounted
};

}  // namespace rt
