// Insights as lines of tables.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_INSIGHT_TABLES_H_
#define ROENTGEN_SERVER_CLI_INSIGHT_TABLES_H_

#include <string>

#include "roentgen/v1/insight_service.pb.h"

namespace roentgen::server {

std::string InsightHeader();
// One line with its "\n".
std::string InsightLine(const v1::InsightSummary& insight);

// All of an insight, a line for each member.
std::string InsightText(const v1::Insight& insight);

// When, and what happened; with its "\n".
std::string EventLine(const v1::InsightEvent& event);

// Each service with those that it calls below it.
std::string ImpactTable(const v1::GetInsightImpactGraphResponse& graph);
// The same as text for Graphviz.
std::string ImpactDot(const v1::GetInsightImpactGraphResponse& graph);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_INSIGHT_TABLES_H_
