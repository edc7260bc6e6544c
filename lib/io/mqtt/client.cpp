#include "io/mqtt/client.hpp"

#include "io/mqtt/session.hpp"

namespace rt {

struct MqttClient::State : MqttSession {
  using MqttSession::MqttSession;
};

MqttClient::MqttClient(Reactor& reactor, MqttClientOptions options)
    : state_(std::make_shared<State>(reactor, std::move(options))) {}
MqttClient::~MqttClient() = default;

asio::awaitable<Result<void>> MqttClient::connect() {
  return state_->connect();
}
bool MqttClient::connected() const {
  return state_->connected();
}
asio::awaitable<Result<Batch>> MqttClient::read() {
  return state_->read();
}
void MqttClient::commit(std::size_t left) {
  state_->commit(left);
}
asio::awaitable<Result<void>> MqttClient::write(Messages& rest) {
  return state_->write(rest);
}
Amount MqttClient::unacknowledged() const {
  return state_->unacknowledged();
}
Amount MqttClient::refused() const {
  return state_->refused();
}
asio::awaitable<Result<void>> MqttClient::flush() {
  return state_->flush();
}
asio::awaitable<void> MqttClient::close() {
  return state_->close();
}
void MqttClient::hurry() {
  state_->hurry();
}
std::string MqttClient::how_it_ended() const {
  return state_->how_it_ended();
}
std::optional<Error> MqttClient::final_refusal() const {
  return state_->final_refusal();
}
bool MqttClient::speaks_v5() const {
  return state_->speaks_v5();
}

}  // namespace rt
