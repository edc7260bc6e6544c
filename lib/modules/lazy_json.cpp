#include <dlfcn.h>

#include <string>
#include <utility>

#include "base/text.hpp"
#include "codec/envelope.hpp"
#include "codec/json_picker.hpp"
#include "modules/json_module.hpp"
#include "modules/module_path.hpp"

// codec/envelope.hpp's Reader and JsonPicker for the programs: the module beside this library does
// the work.
namespace rt {
namespace {

constexpr std::string_view kFileName = "librtwire-json.so";

struct Loaded {
  const JsonModule* module = nullptr;
  std::string problem;
};

const Loaded& loaded() {
  static const Loaded once = [] {
    Loaded out;
    // It stays for good: what it has made is in messages.
    void* const handle = dlopen(module_path(kFileName).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle != nullptr)
      out.module = static_cast<const JsonModule*>(dlsym(handle, kJsonModuleSymbol));
    if (out.module == nullptr) {
      const char* const why = dlerror();
      out.problem = "cannot load what reads JSON, install rtwire anew: " +
                    printable(why == nullptr ? "not found" : why);
    }
    return out;
  }();
  return once;
}

}  // namespace

namespace envelope {

class Reader::Parser {
 public:
  explicit Parser(const JsonModule& module) : module_(module), reader_(module.make_reader()) {}
  ~Parser() { module_.destroy_reader(reader_); }
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  Result<void> read(std::string_view line, Message& message) {
    Result<void> result;
    module_.read(reader_, line, message, result);
    return result;
  }

  Result<void> read_recorded(std::string_view line, Message& message, RecordedFacts& facts) {
    Result<void> result;
    module_.read_recorded(reader_, line, message, facts, result);
    return result;
  }

 private:
  const JsonModule& module_;
  void* reader_;
};

Reader::Reader() = default;
Reader::~Reader() = default;
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;

Result<void> Reader::read(std::string_view line, Message& message) {
  if (loaded().module == nullptr) return Error(Fault::other, loaded().problem);
  if (!parser_) parser_ = std::make_unique<Parser>(*loaded().module);
  return parser_->read(line, message);
}

Result<void> Reader::read_recorded(std::string_view line, Message& message, RecordedFacts& facts) {
  if (loaded().module == nullptr) return Error(Fault::other, loaded().problem);
  if (!parser_) parser_ = std::make_unique<Parser>(*loaded().module);
  return parser_->read_recorded(line, message, facts);
}

Result<Message> Reader::read(std::string_view line) {
  Message message;
  if (auto result = read(line, message); !result) return result.error();
  return message;
}

}  // namespace envelope

class JsonPicker::Work {
 public:
  explicit Work(const JsonModule& its_module)
      : module(its_module), picker(its_module.make_picker()) {}
  ~Work() { module.destroy_picker(picker); }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  const JsonModule& module;
  void* const picker;
};

JsonPicker::JsonPicker() = default;
JsonPicker::~JsonPicker() = default;
JsonPicker::JsonPicker(JsonPicker&&) noexcept = default;
JsonPicker& JsonPicker::operator=(JsonPicker&&) noexcept = default;

Result<void> JsonPicker::prepare() {
  if (loaded().module == nullptr) return Error(Fault::other, loaded().problem);
  if (!work_) work_ = std::make_unique<Work>(*loaded().module);
  return {};
}

bool JsonPicker::pick(std::string_view json, const JsonPointer& pointer,
                      std::vector<PickedValue>& out) {
  return prepare() && work_->module.pick(work_->picker, json, pointer, out);
}

bool JsonPicker::flatten(std::string_view json, std::vector<PlacedValue>& out) {
  return prepare() && work_->module.flatten(work_->picker, json, out);
}

}  // namespace rt
