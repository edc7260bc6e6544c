#include "user_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "io/net/cookie_file.hpp"
#include "password_prompt.hpp"
#include "read_all.hpp"

namespace rt {
namespace {

constexpr std::size_t kMostSecret = 16u << 10;  // bytes of a secret's line

// As it is written: "--data @" and "RT_CACERT=" have the file at once behind them.
std::string named(std::string_view option, const std::string& path) {
  const bool joined = option.ends_with('@') || option.ends_with('=') || option.ends_with(' ');
  return std::string(option) + (joined ? "" : " ") + printable(path);
}

// What stands before the file: the option, or the place that said it for the command line.
std::string source_of(const Options& options, std::string_view name) {
  for (const auto& [said, origin] : options.origins) {
    if (said == name) return name == "data" ? origin + "@" : origin;
  }
  return "--" + std::string(name) + (name == "data" ? " @" : "");
}

Error unusable(std::string_view option, const std::string& path, std::string_view why) {
  return Error(Fault::usage, named(option, path) + ": " + std::string(why));
}

Error unreadable(std::string_view option, const std::string& path, int error_number) {
  return system_error(Fault::usage, named(option, path) + ": cannot read", error_number);
}

Result<std::string> read_file(std::string_view option, const std::string& path, std::size_t most) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return unreadable(option, path, errno);
  std::string bytes;
  const int failed = read_all(fd, most, bytes);
  if (failed != 0) return unreadable(option, path, failed);
  return bytes;
}

// The first line of a file that holds a secret.
Result<std::string> read_secret(std::string_view option, const std::string& path) {
  const Result<std::string> bytes = read_file(option, path, kMostSecret);
  if (!bytes) return bytes.error();
  std::string_view text = *bytes;
  text = text.substr(0, text.find('\n'));
  // To what takes it as a C string it would end there.
  if (text.find('\0') != std::string_view::npos)
    return unusable(option, path, "holds no secret: its first line has a NUL byte");
  if (text.size() >= kMostSecret)
    return unusable(option, path, "holds no secret: its first line is longer than 16KiB");
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  if (text.empty()) return unusable(option, path, "holds no secret: its first line is empty");
  return std::string(text);
}

bool is_null_device(const struct stat& info) {
  struct stat null {};
  return S_ISCHR(info.st_mode) && stat("/dev/null", &null) == 0 && info.st_rdev == null.st_rdev;
}

// What can be read but once (a pipe) is left for whoever needs it: true when there is more to see.
Result<bool> look_at(std::string_view option, const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return unreadable(option, path, errno);
  if (S_ISDIR(info.st_mode)) return unreadable(option, path, EISDIR);
  if (access(path.c_str(), R_OK) != 0) return unreadable(option, path, errno);
  return S_ISREG(info.st_mode) || is_null_device(info);
}

// `encrypted` is whether a password is needed to read it.
Result<void> check_pem(std::string_view option, const std::string& path, std::string_view marker,
                       std::string_view what, bool* encrypted = nullptr) {
  constexpr std::size_t kMostPem = 16u << 20;
  if (path.empty()) return {};
  const Result<bool> regular = look_at(option, path);
  if (!regular) return regular.error();
  if (!*regular) return {};
  const Result<std::string> bytes = read_file(option, path, kMostPem);
  if (!bytes) return bytes.error();
  if (bytes->find(marker) == std::string::npos)
    return unusable(option, path, "holds no " + std::string(what) + " in PEM");
  // PKCS #8, and what OpenSSL wrote before it (RFC 1421).
  if (encrypted != nullptr)
    *encrypted = bytes->find("BEGIN ENCRYPTED PRIVATE KEY") != std::string::npos ||
                 bytes->find("Proc-Type: 4,ENCRYPTED") != std::string::npos;
  return {};
}

// Before anything connects: OpenSSL would ask in its own way, at each connection.
Result<void> find_key_password(Options& options, const std::string& key) {
  if (!options.tls.key_password.empty()) return {};
  if (options.key_password_file.empty() && options.dry_run) return {};
  Result<std::string> password =
      options.key_password_file.empty()
          ? prompt_password("the key " + printable(key), "RT_KEY_PASSWORD or --key-password-file")
          : read_secret(source_of(options, "key-password-file"), options.key_password_file);
  if (!password) return password.error();
  options.tls.key_password = *std::move(password);
  return {};
}

Result<void> check_tls(Options& options) {
  const TlsOptions& tls = options.tls;
  const std::string certificate = source_of(options, "cert");
  constexpr std::string_view kCertificate = "CERTIFICATE-----";
  constexpr std::string_view kKey = "PRIVATE KEY-----";
  if (auto good = check_pem(source_of(options, "cacert"), tls.ca_file, kCertificate, "certificate");
      !good)
    return good;
  if (auto good = check_pem(certificate, tls.certificate_file, kCertificate, "certificate"); !good)
    return good;
  bool encrypted = false;
  const bool own = !tls.key_file.empty();
  const std::string& key = own ? tls.key_file : tls.certificate_file;
  if (auto good = check_pem(own ? source_of(options, "key") : certificate, key, kKey,
                            own ? "private key" : "private key (give --key FILE)", &encrypted);
      !good)
    return good;
  return encrypted ? find_key_password(options, key) : Result<void>();
}

// In hexadecimal till here.
Result<void> find_psk(Options& options) {
  constexpr std::size_t kMostPsk = 512;
  if (options.tls.psk_identity.empty() || options.dry_run) return {};
  if (options.tls.psk.empty() && options.psk_file.empty())
    return Error(Fault::usage, "--psk-identity needs its key: RT_PSK or --psk-file");
  std::string source = "RT_PSK";
  if (options.tls.psk.empty()) {
    source = source_of(options, "psk-file");
    Result<std::string> text = read_secret(source, options.psk_file);
    if (!text) return text.error();
    options.tls.psk = *std::move(text);
  }
  const std::optional<std::string> key = hex_decode(options.tls.psk);
  if (!key || key->empty() || key->size() > kMostPsk)
    return Error(Fault::usage, source + ": no key in hexadecimal digits, of 1 to 512 bytes");
  options.tls.psk = *key;
  return {};
}

}  // namespace

Result<std::string> read_netrc(const Options& options) {
  constexpr std::size_t kMostNetrc = 1u << 20;
  if (!options.netrc_file.empty())
    return read_file(source_of(options, "netrc-file"), options.netrc_file, kMostNetrc);
  const char* const home = std::getenv("HOME");
  return read_file(source_of(options, "netrc"),
                   std::string(home == nullptr ? "" : home) + "/.netrc", kMostNetrc);
}

Result<Options> with_user_files(Options options) {
  if (!options.password && !options.password_file.empty()) {
    Result<std::string> secret =
        read_secret(source_of(options, "password-file"), options.password_file);
    if (!secret) return secret.error();
    options.password = std::move(*secret);
  }
  if (options.bearer.empty() && !options.bearer_file.empty()) {
    Result<std::string> secret =
        read_secret(source_of(options, "bearer-file"), options.bearer_file);
    if (!secret) return secret.error();
    options.bearer = std::move(*secret);
  }
  if (auto good = check_tls(options); !good) return good.error();
  if (auto good = find_psk(options); !good) return good.error();
  if (!options.cookie_jar.empty()) {
    if (const auto jar = read_cookie_file(options.cookie_jar); !jar) return jar.error();
  }
  if (options.netrc) {
    if (const auto netrc = read_netrc(options); !netrc) return netrc.error();
  }
  for (Options& end : options.ends) {
    Result<Options> read = with_user_files(std::move(end));
    if (!read) return read.error();
    end = std::move(*read);
  }
  for (const DataArgument& data : options.data) {
    if (!data.from_file || data.text == "-") continue;
    if (auto seen = look_at(source_of(options, "data"), data.text); !seen) return seen.error();
  }
  return options;
}

}  // namespace rt
