#include "modules/envelope_module.hpp"

#include "codec/envelope.hpp"

namespace rt::envelope {
namespace {

Reader& reader_of(void* reader) {
  return *static_cast<Reader*>(reader);
}

}  // namespace
}  // namespace rt::envelope

extern "C" [[gnu::visibility("default")]] const rt::envelope::ReaderModule rt_envelope_reader = {
    []() -> void* { return new rt::envelope::Reader(); },
    [](void* reader) { delete &rt::envelope::reader_of(reader); },
    [](void* reader, std::string_view line, rt::Message& message, rt::Result<void>& result) {
      result = rt::envelope::reader_of(reader).read(line, message);
    },
};
