#include "io/http/poll_items.hpp"

#include <memory>
#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "codec/sha1.hpp"

namespace rt {
namespace {

constexpr std::size_t kShort = 20;  // as long as a digest

JsonPointer elements_of(const JsonPointer& array) {
  if (!array.tokens().empty() && array.tokens().back() == "*") return array;
  return *JsonPointer::parse(array.text() + "/*");
}

// One that differs in kind is another: a key is no element. Of a long one a digest is enough.
std::string remembered(bool keyed, const std::string& key) {
  if (key.size() <= kShort) return (keyed ? 'k' : 'e') + key;
  return (keyed ? 'K' : 'E') + sha1(key);
}

}  // namespace

PollItems::PollItems(PollItemsOptions options) : options_(std::move(options)) {
  options_.array = elements_of(options_.array);
}

void PollItems::go_on(std::string_view seen) {
  const std::optional<std::string> keys = base64_decode(seen);
  if (!seen.empty() && keys && seen_.restore(*keys)) begun_ = true;
}

Result<void> PollItems::pick(const Message& answer, std::vector<Element>& elements) {
  std::vector<PickedValue> picked;
  if (!picker_.pick(answer.payload, options_.array, picked))
    return Error(Fault::other, "the answer is no JSON, in which --items is to be found: " +
                                   printable(answer.payload, 40));
  std::vector<PickedValue> key;
  for (PickedValue& value : picked) {
    key.clear();
    if (options_.key && !picker_.pick(value.json, *options_.key, key)) key.clear();
    const bool keyed = !key.empty();
    std::string name = keyed ? std::move(key.front().text) : value.json;
    elements.push_back({&answer, std::move(value), std::move(name), keyed});
  }
  return {};
}

Result<void> PollItems::take(const Batch& answers, Batch& out) {
  if (auto ready = picker_.prepare(); !ready) return ready;
  std::vector<Element> elements;
  for (const MessagePtr& answer : answers)
    if (auto picked = pick(*answer, elements); !picked) return picked;
  if (elements.empty()) {
    if (!begun_ && !std::exchange(told_none_, true))
      Log::info("the answer has nothing at " + options_.array.text());
    return {};
  }
  const bool first = !std::exchange(begun_, true);
  const std::size_t passed_over = first && options_.first && elements.size() > *options_.first
                                      ? elements.size() - static_cast<std::size_t>(*options_.first)
                                      : 0;
  seen_.begin_list();
  std::size_t number = 0;
  for (Element& element : elements) {
    const bool is_new = seen_.add(remembered(element.keyed, element.key));
    if (!is_new || number++ < passed_over) continue;
    auto message = std::make_shared<Message>();
    message->payload = std::move(element.value.text);
    message->content_type = "application/json";
    message->channel = element.answer->channel;
    message->time = element.answer->time;
    if (element.keyed) message->id = std::move(element.key);
    out.push_back(std::move(message));
  }
  return {};
}

}  // namespace rt
