#include "engine/memory_log.hpp"

namespace rt {

void MemoryLog::append(std::span<Record> batch, AppendListener& done) {
  const MessageId first{last_.epoch, last_.sequence + 1};
  for (Record& record : batch) record.sequence = ++last_.sequence;
  tail_->on_records(batch);
  done.on_appended(first);
}

void MemoryLog::read(std::string_view, std::uint64_t, std::size_t, PastListener& done) {
  done.on_past(Past{{}, false});
}

}  // namespace rt
