#include "app/argument_messages.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "io/loop/descriptor.hpp"
#include "io/stdio/input_reader.hpp"

namespace rt {
namespace {

Error too_long(const std::string& what, std::size_t most) {
  return Error(Fault::usage,
               what + " is longer than --max-message (" + std::to_string(most) + " bytes)");
}

asio::awaitable<Result<std::string>> read_file(Reactor& reactor, const std::string& path,
                                               std::size_t most) {
  const std::string name = path == "-" ? "stdin" : printable(path, 256);
  Descriptor file;
  if (path != "-") file = Descriptor(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = path == "-" ? STDIN_FILENO : file.get();
  if (fd < 0) co_return system_error(Fault::usage, "cannot read " + name, errno);
  InputReader reader(reactor, fd, name);
  std::string bytes;
  for (;;) {
    const Result<std::string> some = co_await reader.read();
    if (!some) co_return some.error();
    if (some->empty()) co_return bytes;
    bytes += *some;
    if (bytes.size() > most) co_return too_long(name, most);
  }
}

}  // namespace

asio::awaitable<Result<Batch>> messages_of(Reactor& reactor, const std::vector<Argument>& arguments,
                                           std::size_t most) {
  Batch batch;
  for (const Argument& argument : arguments) {
    Message message;
    if (argument.from_file) {
      Result<std::string> bytes = co_await read_file(reactor, argument.text, most);
      if (!bytes) co_return bytes.error();
      message.payload = std::move(*bytes);
    } else {
      message.payload = argument.text;
    }
    if (message.payload.size() > most)
      co_return too_long("a message of " + std::to_string(message.payload.size()) + " bytes", most);
    message.kind = valid_utf8(message.payload) ? PayloadKind::text : PayloadKind::binary;
    message.guessed = true;
    batch.push_back(std::make_shared<Message>(std::move(message)));
  }
  co_return batch;
}

}  // namespace rt
