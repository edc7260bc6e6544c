#include "codec/http_request.hpp"

#include "base/text.hpp"
#include "codec/list_field.hpp"

namespace rt::http {

const Field* Request::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (field.name.size() == name.size() && iequals(field.name, name)) return &field;
  }
  return nullptr;
}

std::string_view Request::value(std::string_view name) const {
  const Field* field = find(name);
  return field != nullptr ? field->value : std::string_view();
}

std::string Request::joined(std::string_view name) const {
  std::string all;
  bool first = true;
  for (const Field& field : fields) {
    if (!iequals(field.name, name)) continue;
    if (!first) all += ", ";
    first = false;
    all += field.value;
  }
  return all;
}

bool Request::has_token(std::string_view name, std::string_view token) const {
  bool found = false;
  for (const Field& field : fields) {
    if (!iequals(field.name, name)) continue;
    for_each_element(field.value,
                     [&](std::string_view element) { found |= iequals(element, token); });
  }
  return found;
}

}  // namespace rt::http
