#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

#include <algorithm>
#include <climits>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "io/stdio/line_editor.hpp"

namespace rt {
namespace {

constexpr wchar_t kReplacement = L'\xFFFD';
constexpr std::size_t kTabStop = 8;

// The locale's characters, for this thread and as long as this lives: the process' own locale stays
// "C", because numbers and names of protocols are read by it.
class InLocale {
 public:
  explicit InLocale(locale_t locale) : before_(uselocale(locale)) {}
  ~InLocale() { uselocale(before_); }
  InLocale(const InLocale&) = delete;
  InLocale& operator=(const InLocale&) = delete;

 private:
  locale_t before_;
};

bool is_ascii_only(locale_t locale) {
  const InLocale scope(locale);
  const std::string charset = nl_langinfo(CODESET);
  return charset == "ANSI_X3.4-1968" || charset == "US-ASCII" || charset == "646";
}

// The user's; where that is "C", a terminal speaks UTF-8 all the same.
locale_t editing_locale() {
  locale_t users = newlocale(LC_CTYPE_MASK, "", static_cast<locale_t>(nullptr));
  if (users != static_cast<locale_t>(nullptr) && !is_ascii_only(users)) return users;
  for (const char* const name : {"C.UTF-8", "en_US.UTF-8"}) {
    const locale_t found = newlocale(LC_CTYPE_MASK, name, static_cast<locale_t>(nullptr));
    if (found == static_cast<locale_t>(nullptr)) continue;
    if (users != static_cast<locale_t>(nullptr)) freelocale(users);
    return found;
  }
  if (users == static_cast<locale_t>(nullptr))
    users = newlocale(LC_CTYPE_MASK, "C", static_cast<locale_t>(nullptr));
  return users;
}

// A terminal of its own for libedit, which sets modes and asks for the size: what it does there
// neither stops a job in the background nor lets a key pass that is typed between two lines.
class PrivateTerminal {
 public:
  explicit PrivateTerminal(int like) {
    master_ = posix_openpt(O_RDWR | O_NOCTTY);
    if (master_ < 0) return;
    fcntl(master_, F_SETFD, FD_CLOEXEC);
    if (grantpt(master_) != 0 || unlockpt(master_) != 0) return;
    const char* const name = ptsname(master_);
    if (name == nullptr) return;
    const int slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) return;
    file_ = fdopen(slave, "r+");
    if (file_ == nullptr) {
      close(slave);
      return;
    }
    termios modes{};
    if (tcgetattr(like, &modes) == 0) tcsetattr(slave, TCSANOW, &modes);
    take_size(like);
  }
  ~PrivateTerminal() {
    if (file_ != nullptr) fclose(file_);
    if (master_ >= 0) close(master_);
  }
  PrivateTerminal(const PrivateTerminal&) = delete;
  PrivateTerminal& operator=(const PrivateTerminal&) = delete;

  FILE* file() const { return file_; }
  void take_size(int like) {
    if (ioctl(like, TIOCGWINSZ, &size_) == 0) ioctl(fileno(file_), TIOCSWINSZ, &size_);
  }
  std::size_t columns() const { return size_.ws_col > 1 ? size_.ws_col : 80u; }
  std::size_t rows() const { return size_.ws_row > 0 ? size_.ws_row : 24u; }

 private:
  int master_ = -1;
  FILE* file_ = nullptr;
  winsize size_{};
};

wint_t code_of(wchar_t c) {
  return std::char_traits<wchar_t>::to_int_type(c);
}

// Where libedit puts a text on the screen (its refresh.c): the cells before the cursor.
class Layout {
 public:
  Layout(std::size_t columns, std::size_t rows) : columns_(columns), rows_(rows) {}

  void add(wchar_t c) {
    if (c == L'\n') return next_row(false);
    if (c == L'\t') {
      do step(1, true);
      while (column_ % kTabStop != 0);
      return;
    }
    const wint_t code = code_of(c);
    const bool control = code < 0x100 && iswcntrl(code) != 0;
    if (!control && iswprint(code) != 0) return step(width_of(c), c == L' ');
    // "^A", "\U+200B", "\U+1F6D8"
    for (int left = control ? 2 : code > 0xFFFF ? 8 : 7; left > 0; --left) step(1, false);
  }
  // A wide character at the margin stands in the next row.
  void stand_before(wchar_t c) {
    if (column_ + width_of(c) > columns_) next_row(false);
  }

  // What does not fit on the screen has scrolled away.
  std::size_t row() const { return std::min(ended_.size(), rows_ - 1); }

  // When the terminal has become so wide and has let stand what it showed.
  LineEditor::Place kept_when(std::size_t columns) const {
    return {row(), std::min(column_, columns - 1) + 1};
  }
  // When it has broken anew what ran on from row to row. libedit writes no blanks at the end of a
  // row, and so there none runs on.
  LineEditor::Place broken_when(std::size_t columns) const {
    std::size_t row = 0;
    std::size_t cells = 0;
    for (const Row& ended : ended_) {
      cells += ended.cells;
      if (ended.runs_on) continue;
      row += cells == 0 ? 1 : (cells + columns - 1) / columns;
      cells = 0;
    }
    return {row + (cells + column_) / columns, (cells + column_) % columns + 1};
  }

 private:
  struct Row {
    std::size_t cells;  // without blanks at its end
    bool runs_on;
  };

  static std::size_t width_of(wchar_t c) {
    const int width = wcwidth(c);
    return width > 0 ? static_cast<std::size_t>(width) : 0;
  }

  void step(std::size_t width, bool blank) {
    if (column_ + width > columns_) next_row(false);
    column_ += width;
    if (!blank) filled_ = column_;
    if (column_ >= columns_) next_row(!blank);
  }
  void next_row(bool runs_on) {
    ended_.push_back({filled_, runs_on});
    column_ = 0;
    filled_ = 0;
  }

  std::size_t columns_;
  std::size_t rows_;
  std::vector<Row> ended_;
  std::size_t column_ = 0;
  std::size_t filled_ = 0;
};

// libedit waits for keys in the midst of what it does: of a search, of a key that sends several
// bytes. So it has a thread of its own that runs only while type() waits for it: a coroutine by
// other means, for portable ones there are none that a C library could be suspended in.
class LibeditEditor final : public LineEditor {
 public:
  explicit LibeditEditor(LineEditorOptions options)
      : options_(std::move(options)), terminal_(options_.terminal), locale_(editing_locale()) {}

  ~LibeditEditor() override {
    if (thread_.joinable()) {
      ending_ = true;
      take_turn();
      thread_.join();
    }
    {
      const InLocale scope(locale_);
      if (editor_ != nullptr) el_end(editor_);
      if (history_ != nullptr) history_end(history_);
    }
    if (screen_ != nullptr) fclose(screen_);
    if (complaints_ != nullptr) fclose(complaints_);
    free(drawn_);
    freelocale(locale_);
  }
  LibeditEditor(const LibeditEditor&) = delete;
  LibeditEditor& operator=(const LibeditEditor&) = delete;

  // False: it cannot be used.
  bool prepare() {
    screen_ = open_memstream(&drawn_, &drawn_size_);
    complaints_ = fopen("/dev/null", "w");
    if (terminal_.file() == nullptr || screen_ == nullptr || complaints_ == nullptr) return false;
    const InLocale scope(locale_);
    editor_ = el_init(options_.program.c_str(), terminal_.file(), terminal_.file(), complaints_);
    history_ = history_init();
    if (editor_ == nullptr || history_ == nullptr) return false;
    // Now that it has found a terminal there.
    el_set(editor_, EL_SETFP, 1, screen_);
    set_up();
    return can_edit();
  }

  std::string type(std::string_view keys) override {
    keys_ = keys;
    if (!thread_.joinable()) start();
    take_turn();
    return take_drawn();
  }
  bool ended() const override { return ended_; }

  std::size_t cursor_row() const override { return before_cursor().row(); }

  std::string draw() override {
    const InLocale scope(locale_);
    drawn_before_.reset();
    el_set(editor_, EL_REFRESH);
    return take_drawn();
  }

  std::string half_line() const override {
    const InLocale scope(locale_);
    const LineInfoW& line = *el_wline(editor_);
    // What a search shows below the line is none of it.
    return bytes_of({line.buffer, std::find(line.buffer, line.lastchar, L'\n')});
  }

  Places resize() override {
    const InLocale scope(locale_);
    if (!drawn_before_) drawn_before_ = before_cursor();
    terminal_.take_size(options_.terminal);
    el_resize(editor_);
    Places out{drawn_before_->kept_when(terminal_.columns()),
               drawn_before_->broken_when(terminal_.columns())};
    for (Place* const place : {&out.kept, &out.broken_anew})
      place->row = std::min(place->row, terminal_.rows() - 1);
    return out;
  }

 private:
  void set_up() {
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_SIGNAL, 0);
    el_set(editor_, EL_PROMPT, &prompt_of);
    el_wset(editor_, EL_GETCFN, &next_of);
    HistEvent event{};
    history(history_, &event, H_SETSIZE, static_cast<int>(options_.most_history));
    history(history_, &event, H_SETUNIQUE, 1);
    for (const std::string& line : options_.history)
      history(history_, &event, H_ENTER, line.c_str());
    options_.history.clear();
    el_set(editor_, EL_HIST, history, history_);
    el_set(editor_, EL_EDITOR, "emacs");
    // What people know from shells, and a tab that is pasted. The last word has ~/.editrc.
    constexpr std::pair<const char*, const char*> kKeys[] = {
        {"^R", "em-inc-search-prev"}, {"^W", "ed-delete-prev-word"},
        {"^I", "ed-insert"},          {"\\e[1~", "ed-move-to-beg"},
        {"\\e[4~", "ed-move-to-end"}, {"\\e[7~", "ed-move-to-beg"},
        {"\\e[8~", "ed-move-to-end"}, {"\\e[H", "ed-move-to-beg"},
        {"\\e[F", "ed-move-to-end"},  {"\\eOH", "ed-move-to-beg"},
        {"\\eOF", "ed-move-to-end"},  {"\\e[3~", "ed-delete-next-char"},
        {"\\e[1;5C", "em-next-word"}, {"\\e[1;5D", "ed-prev-word"},
        {"\\e[1;3C", "em-next-word"}, {"\\e[1;3D", "ed-prev-word"},
    };
    for (const auto& [key, command] : kKeys) el_set(editor_, EL_BIND, key, command, nullptr);
    el_source(editor_, nullptr);
    (void)take_drawn();
  }

  bool can_edit() {
    int edits = 0;
    char* up = nullptr;
    char* erase = nullptr;
    el_get(editor_, EL_EDITMODE, &edits);
    el_get(editor_, EL_GETTC, "up", &up);
    el_get(editor_, EL_GETTC, "ce", &erase);
    return edits != 0 && up != nullptr && erase != nullptr;
  }

  Layout before_cursor() const {
    const InLocale scope(locale_);
    const LineInfoW& line = *el_wline(editor_);
    Layout layout(terminal_.columns(), terminal_.rows());
    for (const char c : options_.prompt) layout.add(static_cast<unsigned char>(c));
    for (const wchar_t* at = line.buffer; at < line.cursor; ++at) layout.add(*at);
    if (line.cursor < line.lastchar) layout.stand_before(*line.cursor);
    return layout;
  }

  // --- turns
  void start() {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    // The process' signals are for its other threads.
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { edit(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  // libedit works until it wants a key that is not there.
  void take_turn() {
    std::unique_lock lock(mutex_);
    working_ = true;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !working_; });
  }

  // In the thread.
  void edit() {
    uselocale(locale_);
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return working_; });
    }
    while (!ending_) {
      int count = 0;
      const wchar_t* const line = el_wgets(editor_, &count);
      if (ending_) break;
      if (line == nullptr || count <= 0) {
        ended_ = true;
        keys_ = {};
        give_turn_back();
        continue;
      }
      std::wstring_view text(line, static_cast<std::size_t>(count));
      while (!text.empty() && (text.back() == L'\n' || text.back() == L'\r')) text.remove_suffix(1);
      const std::string bytes = bytes_of(text);
      HistEvent event{};
      if (options_.on_line(bytes)) history(history_, &event, H_ENTER, bytes.c_str());
    }
    const std::lock_guard lock(mutex_);
    working_ = false;
    changed_.notify_all();
  }

  void give_turn_back() {
    std::unique_lock lock(mutex_);
    working_ = false;
    changed_.notify_all();
    changed_.wait(lock, [&] { return working_; });
  }

  // --- what libedit calls
  static LibeditEditor& of(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<LibeditEditor*>(data);
  }
  static char* prompt_of(EditLine* editor) { return of(editor).options_.prompt.data(); }
  static int next_of(EditLine* editor, wchar_t* out) { return of(editor).next(*out); }

  // 1, or 0 at the end of all.
  int next(wchar_t& out) {
    mbstate_t state{};
    bool begun = false;
    for (;;) {
      while (keys_.empty()) {
        if (ended_ || ending_) return 0;
        give_turn_back();
        if (ending_) return 0;
      }
      const char byte = keys_.front();
      const std::size_t used = mbrtowc(&out, &byte, 1, &state);
      const bool wrong = used == static_cast<std::size_t>(-1);
      // What does not go on with the last character may begin the next one.
      if (!wrong || !begun) keys_.remove_prefix(1);
      if (wrong) out = kReplacement;
      if (used != static_cast<std::size_t>(-2)) return 1;
      begun = true;
    }
  }

  static std::string bytes_of(std::wstring_view text) {
    std::string out;
    mbstate_t state{};
    char bytes[MB_LEN_MAX];
    for (const wchar_t c : text) {
      const std::size_t size = wcrtomb(bytes, c, &state);
      if (size != static_cast<std::size_t>(-1)) out.append(bytes, size);
    }
    return out;
  }

  std::string take_drawn() {
    fflush(screen_);
    const long size = ftell(screen_);
    std::string out(drawn_, size > 0 ? static_cast<std::size_t>(size) : 0);
    rewind(screen_);
    return out;
  }

  LineEditorOptions options_;
  PrivateTerminal terminal_;
  locale_t locale_;
  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
  FILE* screen_ = nullptr;
  FILE* complaints_ = nullptr;
  char* drawn_ = nullptr;
  std::size_t drawn_size_ = 0;

  std::optional<Layout> drawn_before_;  // the size changed, and not drawn since

  // Each belongs to whose turn it is.
  std::string_view keys_;
  bool ended_ = false;
  bool ending_ = false;

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool working_ = false;  // it is the thread's turn
};

}  // namespace

std::unique_ptr<LineEditor> make_line_editor(LineEditorOptions options) {
  auto editor = std::make_unique<LibeditEditor>(std::move(options));
  if (!editor->prepare()) return nullptr;
  return editor;
}

}  // namespace rt
