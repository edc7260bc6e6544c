#include "app/dead_letters.hpp"

#include <memory>
#include <utility>

#include "codec/envelope.hpp"

namespace rt {
namespace {

MessagePtr letter_of(const std::string& refused_by, const Message& message, std::string_view why) {
  auto letter = std::make_shared<Message>();
  std::string& text = letter->payload;
  envelope::append(text, message, {});
  text.pop_back();  // its "}"
  text += ",\"refused_by\":";
  envelope::append_json_string(text, refused_by);
  text += ",\"reason\":";
  envelope::append_json_string(text, why);
  text += '}';
  letter->kind = PayloadKind::text;
  letter->content_type = "application/json";
  letter->channel = message.channel;
  return letter;
}

}  // namespace

void DeadLetters::add(const std::string& refused_by, const Message& message, std::string_view why) {
  kept_.push_back(letter_of(refused_by, message, why));
  told_.add(refused_by + ": " + std::string(why));
}

asio::awaitable<Result<void>> DeadLetters::deliver() {
  while (busy_) co_await changed_.wait();
  busy_ = true;
  Result<void> result;
  while (result && !kept_.empty()) {
    const Batch batch = std::exchange(kept_, {});
    result = co_await sink_->write(batch);
    if (result) result = co_await sink_->drain();
  }
  busy_ = false;
  changed_.notify_all();
  co_return result;
}

}  // namespace rt
