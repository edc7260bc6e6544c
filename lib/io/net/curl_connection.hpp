#pragma once

#include <optional>
#include <string>

#include "base/clock.hpp"
#include "model/network_options.hpp"
#include "model/tls_options.hpp"

struct curl_slist;

// What all of curl's transfers have in common, be they HTTP or a bare connection. `easy` is a
// CURL*.
namespace rt {

// "scheme://host:port" of `location` as seen from the URL `base`; of `base` itself where it is
// empty.
std::optional<std::string> origin_of(const std::string& base, const std::string& location);

// Where `location` leads that was found at the URL `base`; nothing when it is no URL.
std::optional<std::string> resolved_url(const std::string& base, const std::string& location);
// Where the transfer has come to.
std::string effective_url(void* easy);

// What NetworkOptions say to curl. Outlives the handles that it has been written into, or their
// next reset.
class CurlNetwork {
 public:
  CurlNetwork(NetworkOptions options, const TlsOptions& tls);
  ~CurlNetwork();
  CurlNetwork(const CurlNetwork&) = delete;
  CurlNetwork& operator=(const CurlNetwork&) = delete;

  void set_up(void* easy) const;
  const NetworkOptions& options() const { return options_; }
  bool key_has_password() const { return key_has_password_; }

 private:
  NetworkOptions options_;
  bool key_has_password_;
  curl_slist* resolve_ = nullptr;
};
// What the handle was set up with; null: nothing.
const CurlNetwork* network_of(void* easy);

void set_up_tls(void* easy, const TlsOptions& tls);
void set_up_socket(void* easy, Milliseconds connect_timeout);

// Writes into the handle what it takes to connect to the URL's host and no more (see NetStream):
// http for clear text, https for TLS.
void set_up_connection(void* easy, const std::string& url, const TlsOptions& tls,
                       Milliseconds connect_timeout);
// Over TLS the server is told that HTTP/1.1 will be spoken (ALPN).
void announce_http(void* easy);
// Uses this proxy, or none where it is empty, whatever the environment says.
void set_proxy(void* easy, const std::string& url);

// Logs what curl says about the transfer: heads with -v, the rest with -vv; secrets struck out.
// Bodies, too, where CURLOPT_DEBUGDATA is not null.
void log_transfer(void* easy);

}  // namespace rt
