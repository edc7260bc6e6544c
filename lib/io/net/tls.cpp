#include "io/net/tls.hpp"

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace rt {
namespace {

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

Result<void> check_pem(const std::string& path, std::string_view marker) {
  if (path.empty()) return {};
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return system_error(Fault::tls, "cannot read " + path, errno).as_fatal();
  if (!contains(text.str(), marker))
    return Error(Fault::tls, path + " has no PEM block '" + std::string(marker) + "'").as_fatal();
  return {};
}

}  // namespace

Result<void> check_tls_files(const TlsOptions& options) {
  const std::string trusted =
      options.ca_file.empty() ? environment("SSL_CERT_FILE") : options.ca_file;
  if (auto checked = check_pem(trusted, "CERTIFICATE-----"); !checked) return checked;
  if (auto checked = check_pem(options.certificate_file, "CERTIFICATE-----"); !checked)
    return checked;
  const std::string& key = options.key_file.empty() ? options.certificate_file : options.key_file;
  return check_pem(key, "PRIVATE KEY-----");
}

}  // namespace rt
