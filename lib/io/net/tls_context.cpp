#include "io/net/tls_context.hpp"

#include <curl/curl.h>
#include <dlfcn.h>

#include <cstring>

// The functions are those of the TLS library that libcurl has brought, to which this one is not
// linked. Their types and numbers are OpenSSL's.
namespace rt {
namespace {

constexpr int kOfContexts = 1;  // CRYPTO_EX_INDEX_SSL_CTX
constexpr int kVerifyPeer = 1;  // SSL_VERIFY_PEER

template <class Function>
Function* tls_function(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_DEFAULT, name));
}

// Where a context of OpenSSL's holds ours; -1: there is no such place.
int place_in_contexts() {
  using NewIndex = int(int, long, void*, void*, void*, void*);
  static const int place = [] {
    const auto make = tls_function<NewIndex>("CRYPTO_get_ex_new_index");
    return make == nullptr ? -1 : make(kOfContexts, 0, nullptr, nullptr, nullptr, nullptr);
  }();
  return place;
}

unsigned give_key(void* connection, const char*, char* identity, unsigned most_identity,
                  unsigned char* key, unsigned most_key) {
  using ContextOf = void*(const void*);
  using DataOf = void*(const void*, int);
  void* const in = tls_function<ContextOf>("SSL_get_SSL_CTX")(connection);
  const auto* const ours = static_cast<const TlsContext*>(
      tls_function<DataOf>("SSL_CTX_get_ex_data")(in, place_in_contexts()));
  if (ours->psk_identity.size() >= most_identity || ours->psk.size() > most_key) return 0;
  std::memcpy(identity, ours->psk_identity.c_str(), ours->psk_identity.size() + 1);
  std::memcpy(key, ours->psk.data(), ours->psk.size());
  return static_cast<unsigned>(ours->psk.size());
}

// A server that shows one has not got the key.
int refuse_certificate(int, void*) {
  return 0;
}

bool set_alpn(void* in, const std::string& protocol) {
  using Set = int(void*, const unsigned char*, unsigned);
  const auto set = tls_function<Set>("SSL_CTX_set_alpn_protos");
  const std::string list = static_cast<char>(protocol.size()) + protocol;
  return set != nullptr && set(in, reinterpret_cast<const unsigned char*>(list.data()),
                               static_cast<unsigned>(list.size())) == 0;
}

bool set_psk(void* in, const TlsContext& context) {
  using SetData = int(void*, int, void*);
  using SetGiver = void(void*, decltype(&give_key));
  using SetCiphers = int(void*, const char*);
  using SetVerify = void(void*, int, decltype(&refuse_certificate));
  const auto set_data = tls_function<SetData>("SSL_CTX_set_ex_data");
  const auto set_giver = tls_function<SetGiver>("SSL_CTX_set_psk_client_callback");
  const auto set_ciphers = tls_function<SetCiphers>("SSL_CTX_set_cipher_list");
  const auto set_verify = tls_function<SetVerify>("SSL_CTX_set_verify");
  if (set_data == nullptr || set_giver == nullptr || set_ciphers == nullptr ||
      set_verify == nullptr || place_in_contexts() < 0 ||
      tls_function<void>("SSL_get_SSL_CTX") == nullptr ||
      tls_function<void>("SSL_CTX_get_ex_data") == nullptr)
    return false;
  // OpenSSL does not change it.
  set_data(in, place_in_contexts(), const_cast<TlsContext*>(&context));
  set_giver(in, &give_key);
  set_verify(in, kVerifyPeer, &refuse_certificate);
  return set_ciphers(in, "PSK") == 1;
}

CURLcode set_up_in(CURL*, void* in, void* context) {
  const auto& ours = *static_cast<const TlsContext*>(context);
  const bool done = (ours.alpn.empty() || set_alpn(in, ours.alpn)) &&
                    (ours.psk_identity.empty() || set_psk(in, ours));
  return done ? CURLE_OK : CURLE_SSL_CONNECT_ERROR;
}

}  // namespace

bool set_up_context(void* handle, const TlsContext& context) {
  CURL* const easy = handle;
  if (!context.psk_identity.empty()) {
    // libcurl would miss a certificate; OpenSSL refuses any.
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  return dlsym(RTLD_DEFAULT, "SSL_CTX_set_alpn_protos") != nullptr &&
         curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, &set_up_in) == CURLE_OK &&
         curl_easy_setopt(easy, CURLOPT_SSL_CTX_DATA, &context) == CURLE_OK;
}

}  // namespace rt
