#include "model/command_words.hpp"

namespace rt {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

class Splitter {
 public:
  explicit Splitter(std::string_view command) : rest_(command) {}

  Result<std::vector<std::string>> run() {
    while (!rest_.empty()) {
      const char c = rest_.front();
      if (is_space(c)) {
        rest_.remove_prefix(1);
        end_word();
        continue;
      }
      in_word_ = true;
      const Result<void> taken = c == '\'' ? single() : c == '"' ? double_quoted() : plain();
      if (!taken) return taken.error();
    }
    end_word();
    if (words_.empty() || words_.front().empty()) return wrong("it names no program");
    return std::move(words_);
  }

 private:
  static Error wrong(const char* text) { return Error(Fault::usage, text); }

  void end_word() {
    if (in_word_) words_.push_back(std::move(word_));
    word_.clear();
    in_word_ = false;
  }

  Result<void> plain() {
    if (rest_.front() == '\\') {
      if (rest_.size() == 1) return wrong("a backslash at its end keeps nothing");
      rest_.remove_prefix(1);
      // A line that goes on, as in sh.
      if (rest_.front() == '\n') {
        rest_.remove_prefix(1);
        in_word_ = !word_.empty();
        return {};
      }
    }
    word_ += rest_.front();
    rest_.remove_prefix(1);
    return {};
  }

  Result<void> single() {
    rest_.remove_prefix(1);
    const std::size_t end = rest_.find('\'');
    if (end == std::string_view::npos) return wrong("a ' is not closed");
    word_ += rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return {};
  }

  Result<void> double_quoted() {
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1 &&
          std::string_view("\"\\$`\n").find(rest_[1]) != std::string_view::npos) {
        rest_.remove_prefix(1);
        if (rest_.front() == '\n') {
          rest_.remove_prefix(1);
          continue;
        }
      }
      word_ += rest_.front();
      rest_.remove_prefix(1);
    }
    if (rest_.empty()) return wrong("a \" is not closed");
    rest_.remove_prefix(1);
    return {};
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> split_command(std::string_view command) {
  if (command.find('\0') != std::string_view::npos)
    return Error(Fault::usage, "a command cannot have NUL in it");
  return Splitter(command).run();
}

std::string shell_syntax(std::string_view command) {
  constexpr std::string_view kOperators = "|&;<>`";
  char quote = '\0';
  for (std::size_t i = 0; i < command.size(); ++i) {
    const char c = command[i];
    if (c == '\\' && quote != '\'') {
      ++i;
    } else if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (quote == '\'') {
      continue;
    } else if (c == '$' && i + 1 < command.size() &&
               (is_name(command[i + 1]) || command[i + 1] == '{' || command[i + 1] == '(')) {
      std::size_t end = i + 2;
      while (end < command.size() && is_name(command[end])) ++end;
      return std::string(command.substr(i, end - i));
    } else if (quote == '\0' && kOperators.find(c) != std::string_view::npos) {
      return std::string(1, c);
    }
  }
  return {};
}

}  // namespace rt
