#pragma once

#include <string>

namespace rt {

// The cookies of one HttpClient, by libcurl: what a server sets goes back to it, and with a file
// they are there for the next run. `easy` is a CURL*. Outlives the handles that take part.
class HttpCookies {
 public:
  HttpCookies(bool keeps, std::string jar);
  ~HttpCookies();
  HttpCookies(const HttpCookies&) = delete;
  HttpCookies& operator=(const HttpCookies&) = delete;

  void set_up(void* easy);
  // Before the handle is used for something else.
  void leave(void* easy);
  // Writes the file anew, after a server has set some that are not in it.
  void save(void* easy);

 private:
  void read(void* easy);

  std::string jar_;
  std::string saved_;      // what the file was last written with
  void* share_ = nullptr;  // a CURLSH*; null: cookies do not go back
  bool read_ = false;
  bool told_ = false;
};

}  // namespace rt
