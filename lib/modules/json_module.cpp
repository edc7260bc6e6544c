#include "modules/json_module.hpp"

#include "codec/envelope.hpp"

namespace rt {
namespace {

envelope::Reader& reader_of(void* reader) {
  return *static_cast<envelope::Reader*>(reader);
}
JsonPicker& picker_of(void* picker) {
  return *static_cast<JsonPicker*>(picker);
}

}  // namespace
}  // namespace rt

extern "C" [[gnu::visibility("default")]] const rt::JsonModule rt_json = {
    []() -> void* { return new rt::envelope::Reader(); },
    [](void* reader) { delete &rt::reader_of(reader); },
    [](void* reader, std::string_view line, rt::Message& message, rt::Result<void>& result) {
      result = rt::reader_of(reader).read(line, message);
    },
    [](void* reader, std::string_view line, rt::Message& message,
       rt::envelope::RecordedFacts& facts, rt::Result<void>& result) {
      result = rt::reader_of(reader).read_recorded(line, message, facts);
    },
    []() -> void* { return new rt::JsonPicker(); },
    [](void* picker) { delete &rt::picker_of(picker); },
    [](void* picker, std::string_view json, const rt::JsonPointer& pointer,
       std::vector<rt::PickedValue>& out) {
      return rt::picker_of(picker).pick(json, pointer, out);
    },
    [](void* picker, std::string_view json, std::vector<rt::PlacedValue>& out) {
      return rt::picker_of(picker).flatten(json, out);
    },
};
