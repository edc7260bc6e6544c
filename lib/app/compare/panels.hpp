#pragma once

#include <string>

#include "app/compare/report.hpp"

namespace rt {

// The parts of the page that show figures, as HTML. Empty: there is nothing to show.
std::string latency_panel(const std::vector<WayFigures>& ways);
std::string bytes_panel(const std::vector<WayFigures>& ways, std::size_t message_bytes);
std::string cpu_panel(const std::vector<WayFigures>& ways);
std::string idle_panel(const std::vector<WayFigures>& ways);
std::string memory_panel(const std::vector<WayFigures>& ways);
std::string cut_panel(const std::vector<WayFigures>& ways, const ReportConditions& conditions);
std::string table_panel(const std::vector<WayFigures>& ways);

std::string sweep_panels(const Sweep& sweep);
std::string changes_panel(const Changes& changes);

// Up to the first row of the body.
std::string table_head(const std::vector<WayFigures>& ways);
std::string table_cell(const WayFigures& way, const FigureRow& row, const RowBounds& bounds);

// A title, a line below it, and what it is about.
std::string panel(std::string_view title, std::string_view note, const std::string& inside);

}  // namespace rt
