#include "io/http/cookies.hpp"

#include <curl/curl.h>

#include <utility>

#include "base/log.hpp"
#include "base/text.hpp"
#include "io/net/cookie_file.hpp"

namespace rt {

HttpCookies::HttpCookies(bool keeps, std::string jar) : jar_(std::move(jar)) {
  if (!keeps) return;
  share_ = curl_share_init();
  curl_share_setopt(static_cast<CURLSH*>(share_), CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
}

HttpCookies::~HttpCookies() {
  if (share_ != nullptr) curl_share_cleanup(static_cast<CURLSH*>(share_));
}

void HttpCookies::set_up(void* handle) {
  if (share_ == nullptr) return;
  CURL* const easy = handle;
  curl_easy_setopt(easy, CURLOPT_SHARE, static_cast<CURLSH*>(share_));
  curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
  if (!jar_.empty() && !std::exchange(read_, true)) read(easy);
}

// A reset leaves curl's list of files behind: the next transfer reads them all, or nobody frees it.
void HttpCookies::leave(void* handle) {
  if (share_ != nullptr) curl_easy_setopt(static_cast<CURL*>(handle), CURLOPT_COOKIEFILE, nullptr);
}

void HttpCookies::read(void* handle) {
  const Result<std::string> text = read_cookie_file(jar_);
  if (!text) return Log::warn(text.error().text());
  for (const std::string_view line : split(*text, '\n')) {
    // One that is no cookie would be taken for a header.
    if (line.find('\t') == std::string_view::npos) continue;
    curl_easy_setopt(static_cast<CURL*>(handle), CURLOPT_COOKIELIST, std::string(line).c_str());
  }
}

void HttpCookies::save(void* handle) {
  if (share_ == nullptr || jar_.empty()) return;
  curl_slist* all = nullptr;
  curl_easy_getinfo(static_cast<CURL*>(handle), CURLINFO_COOKIELIST, &all);
  std::string text = "# Netscape HTTP Cookie File\n";
  for (const curl_slist* line = all; line != nullptr; line = line->next)
    text.append(line->data).append("\n");
  curl_slist_free_all(all);
  if (text == saved_) return;
  const Result<void> replaced = replace_cookie_file(jar_, text);
  saved_ = std::move(text);
  if (!replaced && !std::exchange(told_, true)) Log::warn(replaced.error().text());
}

}  // namespace rt
