#include <cstdlib>

#include "cli/mosquitto/table.hpp"

namespace rt::cli {
namespace {

constexpr char kTooFew[] =
    "Error: --property argument given but not enough arguments specified.\n\n";

MqttProperties* list_of(MosquittoCommand& command, MqttCommand packet) {
  switch (packet) {
    case MqttCommand::connect:
      return &command.connect;
    case MqttCommand::publish:
      return &command.publish;
    case MqttCommand::subscribe:
      return &command.subscribe;
    case MqttCommand::unsubscribe:
      return &command.unsubscribe;
    case MqttCommand::disconnect:
      return &command.disconnect;
    case MqttCommand::will:
      return &command.will;
    default:
      return nullptr;
  }
}

std::string take_value(const MqttPropertyKind& kind, const std::string& text,
                       MqttProperty& property) {
  std::int64_t most = 0xFFFF'FFFF;
  switch (kind.form) {
    case MqttPropertyForm::byte:
      most = 0xFF;
      break;
    case MqttPropertyForm::two:
      most = 0xFFFF;
      break;
    case MqttPropertyForm::four:
    case MqttPropertyForm::variable:
      break;
    default:
      property.text = text;
      if (text.size() <= 0xFFFF) return {};
      return "Error: Property value too long for property " + std::string(kind.name) + ".\n\n";
  }
  const std::int64_t number = std::strtoll(text.c_str(), nullptr, 10);
  if (number < 0 || number > most)
    return "Error: Property value (" + std::to_string(number) + ") out of range for property " +
           std::string(kind.name) + ".\n\n";
  property.number = static_cast<std::uint32_t>(number);
  return {};
}

}  // namespace

std::string apply_mosquitto_property(MosquittoDraft& draft, std::span<const std::string>& rest) {
  if (rest.size() < 3) return kTooFew;
  const std::string& packet_name = rest[0];
  const std::string& name = rest[1];
  MqttCommand packet{};
  if (!read_mqtt_command(packet_name, packet))
    return "Error: Invalid command given in --property argument.\n\n";
  const MqttPropertyKind* const kind = mqtt_property_kind(name);
  if (kind == nullptr) return "Error: Invalid property name given in --property argument.\n\n";
  const auto cannot = [&](std::string_view what) {
    return "Error: " + name + " property not " + std::string(what) + " for " + packet_name +
           " in --property argument.\n\n";
  };
  if ((kind->commands & bit_of(packet)) == 0) return cannot("allowed");
  const bool pair = kind->form == MqttPropertyForm::pair;
  if (pair && rest.size() < 4) return kTooFew;
  MqttProperties* const list = list_of(draft.command, packet);
  const bool identifies = kind->identifier == mqtt_property::kSubscriptionIdentifier;
  if (list == nullptr || (packet == MqttCommand::publish && identifies)) return cannot("supported");

  MqttProperty property;
  property.identifier = kind->identifier;
  if (pair) {
    property.text = rest[2];
    property.value = rest[3];
  } else if (std::string wrong = take_value(*kind, rest[2], property); !wrong.empty()) {
    return wrong;
  }
  list->push_back(std::move(property));
  draft.command.options.protocol = MqttProtocol::v5;
  rest = rest.subspan(pair ? 4 : 3);
  return {};
}

}  // namespace rt::cli
