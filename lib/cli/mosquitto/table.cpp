#include "cli/mosquitto/table.hpp"

#include <vector>

#include "cli/mosquitto/rows.hpp"

namespace rt::cli {

std::span<const MosquittoRow> mosquitto_rows() {
  static const std::vector<MosquittoRow> table = [] {
    std::vector<MosquittoRow> all;
    for (const auto rows : {mosquitto_letter_rows(), mosquitto_word_rows()})
      all.insert(all.end(), rows.begin(), rows.end());
    return all;
  }();
  return table;
}

std::string mosquitto_usage(MosquittoTool tool) {
  const std::string name = mosquitto_name(tool);
  std::string out = name + ", by rtmqtt --mosquitto, with the options of version 2.0.11:\n\n";
  for (const MosquittoRow& row : mosquitto_rows()) {
    if ((row.tools & 1u << static_cast<unsigned>(tool)) == 0) continue;
    std::string left = "  " + std::string(row.name);
    if (!row.longer.empty()) left += ", " + std::string(row.longer);
    if (!row.value.empty()) left += " " + std::string(row.value);
    out += left + std::string(left.size() < 34 ? 34 - left.size() : 1, ' ') +
           std::string(row.meaning) + "\n";
  }
  return out + "\nThe same by rtmqtt's own options: rtmqtt --help\n";
}

}  // namespace rt::cli
