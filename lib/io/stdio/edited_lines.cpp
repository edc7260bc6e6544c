#include "io/stdio/edited_lines.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "io/loop/notifier.hpp"
#include "io/stdio/cursor_replies.hpp"
#include "io/stdio/last_line.hpp"
#include "io/stdio/line_editor.hpp"
#include "io/stdio/standard_streams.hpp"
#include "io/stdio/terminal_mode.hpp"
#include "io/stdio/typed_history.hpp"

namespace rt {
namespace {

constexpr std::string_view kPrompt = "> ";
constexpr std::size_t kMostAhead = 256u << 10;   // bytes of lines that nobody has taken
constexpr std::size_t kMostUnseen = 64u << 10;   // bytes of lines that could not be shown
constexpr Milliseconds kBetweenDrawings = 40ms;  // when much is written above
constexpr Milliseconds kForAnswer = 1s;          // of the terminal
constexpr Milliseconds kPatience = 100ms;        // with a terminal that takes nothing, at the end
constexpr Milliseconds kBetweenLooks = 200ms;    // whether it is in the foreground again

bool is_same_terminal(int fd) {
  struct stat mine {};
  struct stat other {};
  return isatty(fd) == 1 && fstat(STDIN_FILENO, &mine) == 0 && fstat(fd, &other) == 0 &&
         mine.st_rdev == other.st_rdev;
}

bool can_be_drawn_on() {
  const char* const kind = std::getenv("TERM");
  if (kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb") return false;
  return stdin_is_terminal() &&
         (is_same_terminal(STDOUT_FILENO) || is_same_terminal(STDERR_FILENO));
}

// Opened once more: the mode of stdin, which other processes have, too, stays as it is.
int open_terminal() {
  const char* const name = ttyname(STDIN_FILENO);
  if (name == nullptr) return -1;
  return ::open(name, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

bool is_ignored(int signal_number) {
  struct sigaction action {};
  return sigaction(signal_number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

}  // namespace

struct EditedLines::State : std::enable_shared_from_this<EditedLines::State> {
  explicit State(Reactor& reactor)
      : terminal(reactor.context()),
        signals(reactor.context()),
        redrawing(reactor.context()),
        looking(reactor.context()),
        answering(reactor.context()),
        history(typed_history_path(Log::program())),
        arrived(reactor.executor()) {}

  bool open() {
    const int fd = open_terminal();
    if (fd < 0) return false;
    asio::error_code failed;
    terminal.assign(fd, failed);
    if (failed) {
      ::close(fd);
      return false;
    }
    mode.emplace(fd);
    LineEditorOptions options;
    options.program = Log::program();
    options.prompt = kPrompt;
    options.terminal = terminal.native_handle();
    options.history = history.load();
    options.most_history = TypedHistory::kMost;
    options.on_line = [this](std::string_view line) { return take_line(line); };
    editor = make_line_editor(std::move(options));
    if (!editor) return false;
    for (const int number : {SIGINT, SIGTERM, SIGTSTP, SIGCONT, SIGWINCH})
      if (!is_ignored(number)) signals.add(number);
    watch_signals();
    come_back();
    LastLine::set(LastLine::Kind::typed, {[this] { hide(); }, [this] { show_soon(); }});
    return true;
  }

  void begin() {
    if (std::exchange(begun, true)) return;
    editor->type({});
    watch_keys();
    show_soon();
  }

  // --- keys
  void watch_keys() {
    if (!begun || away || ended || watching || lines.size() > kMostAhead) return;
    watching = true;
    terminal.async_wait(asio::posix::stream_descriptor::wait_read,
                        [self = weak_from_this()](asio::error_code failed) {
                          const auto state = self.lock();
                          if (!state) return;
                          state->watching = false;
                          if (!failed) state->read_keys();
                          state->watch_keys();
                        });
  }

  void read_keys() {
    if (away || ended) return;
    if (in_background(terminal.native_handle())) return go_away();
    char keys[4096];
    const TerminalSignalsBlocked scope;
    const ssize_t n = ::read(terminal.native_handle(), keys, sizeof keys);
    if (n > 0) return take_keys({keys, static_cast<std::size_t>(n)});
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n < 0 && in_background(terminal.native_handle())) return go_away();
    finish();  // it has hung up
  }

  void take_keys(std::string_view typed) {
    CursorReplies::Found found = replies.take(typed);
    held += found.keys;
    if (found.column && asking && !replies.expected()) draw_from(found.column);
    // Until it is known where the line is, keys wait.
    if (!asking) do_keys(std::exchange(held, {}));
  }

  void do_keys(const std::string& keys) {
    if (keys.empty()) return;
    if (hidden && !LastLine::is_written_over()) show();
    const std::string drawn = editor->type(keys);
    if (!hidden) write(drawn);
    if (editor->ended()) finish();
    if (!lines.empty()) arrived.notify_all();
  }

  // Within type(). True: to be remembered.
  bool take_line(std::string_view line) {
    lines += line;
    lines += '\n';
    if (hidden && unseen.size() < kMostUnseen)
      unseen += std::string(kPrompt) + printable(line, kMostUnseen) + '\n';
    if (!belongs_to_history(line)) return false;
    history.add(line);
    return true;
  }

  // --- the screen
  void hide() {
    if (std::exchange(hidden, true)) return;
    if (std::exchange(asking, false))
      write(erased(least_row()));
    else
      write(erased(editor->cursor_row()));
  }

  // From where the line begins, so many rows above the cursor.
  static std::string erased(std::size_t row) {
    return (row == 0 ? "\r" : "\r\x1b[" + std::to_string(row) + 'A') + "\x1b[J";
  }

  void show() {
    if (!hidden || !begun || away || ended) return;
    write(std::exchange(unseen, {}) + editor->draw());
    hidden = false;
    shown_at = std::chrono::steady_clock::now();
  }

  // In the next turn of the loop, when nothing is on its way to the terminal any more: else at its
  // end.
  void show_soon() {
    if (!hidden || !begun || away || ended || std::exchange(coming, true)) return;
    redrawing.expires_at(shown_at + kBetweenDrawings);
    redrawing.async_wait([self = weak_from_this()](asio::error_code failed) {
      const auto state = self.lock();
      if (!state || failed) return;
      state->coming = false;
      if (!LastLine::is_written_over()) state->show();
    });
  }

  // Waits for nobody: a terminal that has been stopped (Ctrl-S) takes it when it goes on.
  void write(std::string_view bytes) {
    unwritten += bytes;
    write_on();
  }
  void write_on() {
    if (unwritten.empty() || waiting) return;
    const TerminalSignalsBlocked scope;
    while (!unwritten.empty()) {
      const ssize_t n = ::write(terminal.native_handle(), unwritten.data(), unwritten.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return wait_for_room();
      if (n < 0) return unwritten.clear();
      unwritten.erase(0, static_cast<std::size_t>(n));
    }
  }
  void wait_for_room() {
    waiting = true;
    terminal.async_wait(asio::posix::stream_descriptor::wait_write,
                        [self = weak_from_this()](asio::error_code failed) {
                          const auto state = self.lock();
                          if (!state) return;
                          state->waiting = false;
                          if (!failed) state->write_on();
                        });
  }

  // Terminals do not agree on what becomes of rows when they get wider or narrower: where the
  // cursor is tells.
  void draw_anew() {
    if (away || ended) return;
    places = editor->resize();
    if (hidden) return;
    if (places.kept.row == places.broken_anew.row) return draw_from(std::nullopt);
    asking = true;
    replies.expect();
    write(CursorReplies::kAsk);
    answering.expires_after(kForAnswer);
    answering.async_wait([self = weak_from_this()](asio::error_code failed) {
      const auto state = self.lock();
      if (!state || failed) return;
      state->held += state->replies.give_up();
      if (state->asking) state->draw_from(std::nullopt);
      state->do_keys(std::exchange(state->held, {}));
    });
  }

  // What has arrived is not wiped out, where it is not known.
  std::size_t least_row() const { return std::min(places.kept.row, places.broken_anew.row); }

  void draw_from(std::optional<std::size_t> column) {
    asking = false;
    std::size_t row = least_row();
    if (column && places.kept.column != places.broken_anew.column) {
      if (*column == places.kept.column) row = places.kept.row;
      if (*column == places.broken_anew.column) row = places.broken_anew.row;
    }
    write(erased(row) + editor->draw());
  }

  // --- signals, and the background
  void watch_signals() {
    signals.async_wait([self = weak_from_this()](asio::error_code failed, int number) {
      const auto state = self.lock();
      if (!state || failed) return;
      state->take_signal(number);
      if (!state->ended) state->watch_signals();
    });
  }

  void take_signal(int number) {
    if (number == SIGINT || number == SIGTERM) return finish();
    if (number == SIGWINCH) return draw_anew();
    if (number == SIGTSTP) {
      leave();
      // As if nobody had caught it.
      signals.remove(SIGTSTP);
      raise(SIGTSTP);
      signals.add(SIGTSTP);
    }
    // Whoever had the terminal meanwhile may have left it in any mode, and anything on it.
    if (mode->still_taken()) return draw_anew();
    mode->forget();
    hidden = true;
    come_back();
  }

  void leave() {
    hide();
    mode->give_back();
    go_away();
  }
  void go_away() {
    away = true;
    hidden = true;
    mode->forget();
    looking.expires_after(kBetweenLooks);
    looking.async_wait([self = weak_from_this()](asio::error_code failed) {
      const auto state = self.lock();
      if (state && !failed) state->come_back();
    });
  }
  void come_back() {
    if (ended) return;
    if (in_background(terminal.native_handle()) || !mode->take()) return go_away();
    looking.cancel();
    away = false;
    editor->resize();
    watch_keys();
    show_soon();
  }

  // Half a line stays on the screen, the prompt alone does not.
  void finish() {
    if (ended) return;
    if (!away) {
      clear_at_end();
      mode->give_back();
    }
    ended = true;
    hidden = true;
    LastLine::reset(LastLine::Kind::typed);
    asio::error_code ignored;
    signals.cancel(ignored);
    signals.clear(ignored);
    redrawing.cancel();
    looking.cancel();
    answering.cancel();
    terminal.cancel(ignored);
    arrived.notify_all();
  }

  void clear_at_end() {
    if (!editor->ended()) {
      const std::string half = begun ? editor->half_line() : std::string();
      hide();
      if (!half.empty()) unseen += std::string(kPrompt) + printable(half, kMostUnseen) + '\n';
    } else if (!hidden) {
      write("\r\x1b[J");  // libedit has shown that the end was typed
    }
    write(unseen);
    pollfd room{terminal.native_handle(), POLLOUT, 0};
    if (unwritten.empty() || poll(&room, 1, static_cast<int>(kPatience.count())) <= 0) return;
    waiting = false;
    write_on();
  }

  asio::posix::stream_descriptor terminal;
  std::optional<TerminalMode> mode;
  asio::signal_set signals;
  asio::steady_timer redrawing;
  asio::steady_timer looking;
  asio::steady_timer answering;
  CursorReplies replies;
  TypedHistory history;
  std::unique_ptr<LineEditor> editor;
  Notifier arrived;

  std::string lines;      // that nobody has taken
  std::string unseen;     // lines that ended while nothing could be shown
  std::string unwritten;  // for the terminal
  std::string held;       // keys, until it is known where the line is
  LineEditor::Places places{};
  SteadyTime shown_at{};
  bool begun = false;
  bool ended = false;
  bool away = true;  // the terminal is somebody else's
  bool hidden = true;
  bool coming = false;  // it is to be shown again
  bool asking = false;  // the terminal where its cursor is
  bool watching = false;
  bool waiting = false;  // for room on the terminal
};

std::unique_ptr<EditedLines> EditedLines::open(Reactor& reactor) {
  if (!can_be_drawn_on()) return nullptr;
  auto state = std::make_shared<State>(reactor);
  if (!state->open()) return nullptr;
  return std::unique_ptr<EditedLines>(new EditedLines(std::move(state)));
}

EditedLines::EditedLines(std::shared_ptr<State> state) : state_(std::move(state)) {}

EditedLines::~EditedLines() {
  state_->finish();
}

asio::awaitable<Result<std::string>> EditedLines::read() {
  const std::shared_ptr<State> state = state_;
  state->begin();
  while (state->lines.empty() && !state->ended) co_await state->arrived.wait();
  std::string taken = std::exchange(state->lines, {});
  state->watch_keys();
  co_return taken;
}

}  // namespace rt
