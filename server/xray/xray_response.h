// Writes the JSON bodies that X-Ray operations answer with.
//
// Members without a value are left out; lists and maps are always there; Http
// is always an object. Times are numbers: milliseconds at most for a trace's
// own times, whole seconds for ApproximateTime.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_XRAY_RESPONSE_H_
#define ROENTGEN_SERVER_XRAY_XRAY_RESPONSE_H_

#include <string>
#include <vector>

#include "query/search/summary_search.h"
#include "query/traces/trace_queries.h"
#include "server/ingest/ingest_pipeline.h"

namespace roentgen::server {

std::string EncodePutTraceSegments(const PutOutcome& outcome);
std::string EncodeBatchGetTraces(const query::TracesPage& page);
std::string EncodeGetTraceSummaries(const query::TraceSummariesPage& page);
// As the member RoentgenFigures of a page without summaries.
std::string EncodeTraceFigures(const query::TraceFiguresAnswer& answer,
                               const query::TraceFiguresRequest& request);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_XRAY_RESPONSE_H_
