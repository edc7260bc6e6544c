#pragma once

#include <span>

#include "cli/mosquitto/table.hpp"

// The two halves of mosquitto_rows(): options with a letter, and those with a word alone.
namespace rt::cli {

std::span<const MosquittoRow> mosquitto_letter_rows();
std::span<const MosquittoRow> mosquitto_word_rows();

}  // namespace rt::cli
