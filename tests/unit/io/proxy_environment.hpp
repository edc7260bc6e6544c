#pragma once

#include <cstdlib>
#include <map>
#include <string>
#include <vector>

namespace rt::test {

// Sets the variables that name proxies, and these only, for as long as it lives.
class ProxyEnvironment {
 public:
  explicit ProxyEnvironment(const std::map<std::string, std::string>& set) {
    for (const char* const name :
         {"ws_proxy", "WS_PROXY", "wss_proxy", "WSS_PROXY", "http_proxy", "HTTP_PROXY",
          "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"}) {
      if (const char* const value = std::getenv(name)) before_[name] = value;
      unsetenv(name);
    }
    for (const auto& [name, value] : set) setenv(name.c_str(), value.c_str(), 1);
    for (const auto& [name, value] : set) after_.push_back(name);
  }
  ~ProxyEnvironment() {
    for (const std::string& name : after_) unsetenv(name.c_str());
    for (const auto& [name, value] : before_) setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  std::map<std::string, std::string> before_;
  std::vector<std::string> after_;
};

}  // namespace rt::test
