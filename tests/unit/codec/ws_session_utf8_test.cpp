// Text and what is none, as the public Autobahn suite tries it (its case 6), for both roles.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/utf8.hpp"
#include "unit/codec/ws_session_table.hpp"

namespace rt::ws {
namespace {

const std::string kNotText = "| close 1007 text that is not UTF-8; | closing";

// A message in one frame, and in fragments of one byte.
void check_text(const std::string& text, bool valid) {
  CAPTURE(text);
  const std::string said = valid ? "text " + text + "; | | open" : kNotText;
  std::vector<WireFrame> fragments;
  for (const char byte : text)
    fragments.push_back({fragments.empty() ? 0x01u : 0x00u, std::string(1, byte)});
  fragments.push_back({fragments.empty() ? 0x81u : 0x80u, ""});
  check_rows({{{{0x81, text}}, said}, {fragments, said}});
  // The same bytes say what they like where they are no text.
  check_rows({{{{0x82, text}}, "binary " + text + "; | | open"}});
}

TEST_CASE("6.1: text of nothing") {
  check_rows({
      {{{0x81}}, "text ; | | open"},
      {{{0x01}, {0x00}, {0x80}}, "text ; | | open"},
      {{{0x01}, {0x00, "middle"}, {0x80}}, "text middle; | | open"},
  });
}

TEST_CASE("6.2, 6.5 to 6.7, 6.9, 6.11, 6.22, 6.23: UTF-8") {
  for (const std::string_view text : {
           "48656c6c6f2d c2b5 40 c39f c3b6 c3a4 c3bc c3a0 c3a1 2d5554462d382121",
           "ceba e1bdb9 cf83 cebc ceb5",
           "ceba",
           "ceba e1bdb9",
           "ceba e1bdb9 cf83",
           "ceba e1bdb9 cf83 cebc",
           "00",
           "c280",
           "e0a080",
           "f0908080",
           "7f",
           "dfbf",
           "efbfbf",
           "f48fbfbf",
           "ed9fbf",
           "ee8080",
           "efbfbd",
           // Code points that are no characters may be sent all the same.
           "efb790",
           "efbfbe",
           "f09fbfbe",
           "f09fbfbf",
           "f0afbfbe",
           "f0bfbfbf",
           "f18fbfbe",
           "f1bfbfbf",
           "f28fbfbf",
           "f2bfbfbe",
           "f38fbfbf",
           "f3bfbfbe",
           "f48fbfbe",
           "efbfb9",
           "efbfba",
           "efbfbb",
           "efbfbc",
       })
    check_text(hex_bytes(text), true);
}

TEST_CASE("6.3, 6.6, 6.8, 6.10 to 6.21: what is not UTF-8") {
  std::string continuations;
  for (unsigned byte = 0x80; byte <= 0xBF; ++byte) continuations += static_cast<char>(byte);
  check_text(continuations, false);
  for (const auto& [from, to] :
       {std::pair(0xC0u, 0xDFu), std::pair(0xE0u, 0xEFu), std::pair(0xF0u, 0xF7u),
        std::pair(0xF8u, 0xFBu), std::pair(0xFCu, 0xFDu), std::pair(0xFEu, 0xFFu)}) {
    std::string lonely;
    for (unsigned byte = from; byte <= to; ++byte) {
      lonely += static_cast<char>(byte);
      lonely += ' ';
    }
    check_text(lonely, false);
  }
  for (const std::string_view text : {
           "ceba e1bdb9 cf83 cebc ceb5 eda080 656469746564",
           // The beginnings of a text.
           "ce",
           "ceba e1",
           "ceba e1bd",
           "ceba e1bdb9 cf",
           "ceba e1bdb9 cf83 ce",
           "ceba e1bdb9 cf83 cebc ce",
           // Five and six bytes; too large.
           "f888808080",
           "fc8480808080",
           "f7bfbfbf",
           "fbbfbfbfbf",
           "fdbfbfbfbfbf",
           "f4908080",
           // Continuations of nothing.
           "80",
           "bf",
           "80bf",
           "80bf80",
           "80bf80bf",
           "80bf80bf80",
           "80bf80bf80bf",
           // Without their last byte, one by one and together.
           "c0",
           "e080",
           "f08080",
           "f8808080",
           "fc80808080",
           "df",
           "efbf",
           "f7bfbf",
           "fbbfbfbf",
           "fdbfbfbfbf",
           "c0 e080 f08080 f8808080 fc80808080 df efbf f7bfbf fbbfbfbf fdbfbfbfbf",
           "fe",
           "ff",
           "fefeffff",
           // Longer than need be.
           "c0af",
           "e080af",
           "f08080af",
           "f8808080af",
           "fc80808080af",
           "c1bf",
           "e09fbf",
           "f08fbfbf",
           "f887bfbfbf",
           "fc83bfbfbfbf",
           "c080",
           "e08080",
           "f0808080",
           "f880808080",
           "fc8080808080",
           // Halves of UTF-16, one by one and in pairs.
           "eda080",
           "edadbf",
           "edae80",
           "edafbf",
           "edb080",
           "edbe80",
           "edbfbf",
           "eda080edb080",
           "eda080edbfbf",
           "edadbfedb080",
           "edadbfedbfbf",
           "edae80edb080",
           "edae80edbfbf",
           "edafbfedb080",
           "edafbfedbfbf",
       })
    check_text(hex_bytes(text), false);
}

TEST_CASE("6.4: bad text is refused at its first bad byte, not at the end of its message") {
  const struct {
    std::vector<WireFrame> frames;
    std::size_t refused;  // the byte of text with which it is
  } rows[] = {
      {{{0x01, hex_bytes("cebae1bdb9cf83cebcceb5")},
        {0x00, hex_bytes("f4908080")},
        {0x80, hex_bytes("656469746564")}},
       13},
      {{{0x01, hex_bytes("cebae1bdb9cf83cebcceb5 f4")}, {0x00, hex_bytes("90")}, {0x80, ""}}, 13},
      {{{0x81, hex_bytes("cebae1bdb9cf83cebcceb5f4908080656469746564")}}, 13},
      {{{0x81, hex_bytes("c0af")}}, 1},
      {{{0x01, hex_bytes("61 c0")}, {0x80, "af"}}, 2},
      {{{0x81, std::string(1000, 'a') + hex_bytes("eda0") + std::string(1000, 'b')}}, 1002},
  };
  for (const auto& row : rows) {
    CAPTURE(row.refused);
    for (const Role role : {Role::server, Role::client}) {
      End end(role);
      std::size_t text = 0;
      for (const WireFrame& frame : row.frames) {
        const std::string bytes = wire(role, frame);
        const std::size_t header = bytes.size() - frame.payload.size();
        end.receive(bytes.substr(0, header));
        for (std::size_t i = header; i < bytes.size(); ++i) {
          if (text == row.refused) break;
          CHECK(end.session.state() == Session::State::open);
          end.receive(bytes.substr(i, 1));
          ++text;
        }
      }
      CHECK(end.session.state() == Session::State::closing);
    }
  }
}

}  // namespace
}  // namespace rt::ws
