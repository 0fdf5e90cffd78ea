// Trace summaries as lines of a table.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_SUMMARY_TABLE_H_
#define ROENTGEN_SERVER_CLI_SUMMARY_TABLE_H_

#include <string>

#include "roentgen/v1/trace.pb.h"

namespace roentgen::server {

std::string SummaryHeader();
// One line with its "\n".
std::string SummaryLine(const v1::TraceSummary& summary);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_SUMMARY_TABLE_H_
