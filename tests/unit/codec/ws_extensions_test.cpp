#include "codec/ws_extensions.hpp"

#include <doctest/doctest.h>

#include <string>

namespace rt::ws {
namespace {

// "name;parameter=value;parameter," of each, or "malformed".
std::string read(std::string_view value) {
  const auto extensions = parse_extensions(value);
  if (!extensions) return "malformed";
  std::string out;
  for (const Extension& extension : *extensions) {
    out += extension.name;
    for (const ExtensionParameter& parameter : extension.parameters) {
      out += ";" + std::string(parameter.name);
      if (parameter.value) out += "=" + *parameter.value;
    }
    out += ",";
  }
  return out;
}

TEST_CASE("lists of extensions") {
  const struct {
    std::string value;
    std::string read;
  } rows[] = {
      {"foo", "foo,"},
      {" foo , bar;a ", "foo,bar;a,"},
      {",foo,,bar,", "foo,bar,"},
      {"foo; a=1; b=\"2\" ;c", "foo;a=1;b=2;c,"},
      {"foo;a=\"1\\2\"", "foo;a=12,"},
      {"foo\t;\ta = 1", "foo;a=1,"},
      {"foo, foo", "foo,foo,"},
      {"", "malformed"},
      {" , ", "malformed"},
      {"foo bar", "malformed"},
      {";a", "malformed"},
      {"foo;", "malformed"},
      {"foo;,bar", "malformed"},
      {"foo;a=", "malformed"},
      {"foo;=1", "malformed"},
      {"foo;a=\"\"", "malformed"},
      {"foo;a=\"1", "malformed"},
      {"foo;a=\"1\\", "malformed"},
      {"foo;a=\"1 2\"", "malformed"},
      {"foo;a=\"1\"2", "malformed"},
      {"foo;a=1=2", "malformed"},
      {"f(o", "malformed"},
  };
  for (const auto& row : rows) {
    CAPTURE(row.value);
    CHECK(read(row.value) == row.read);
  }
}

}  // namespace
}  // namespace rt::ws
