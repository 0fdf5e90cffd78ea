#include "server/xray/operations/api_access.h"

namespace roentgen::server {

Access AccessOf(std::string_view operation) {
  if (operation == "PutTraceSegments" || operation == "PutTelemetryRecords") {
    return Access::kIngest;
  }
  if (operation == "GetSamplingRules" || operation == "GetSamplingTargets") {
    return Access::kSampling;
  }
  if (operation == "StartTraceRetrieval" ||
      operation == "CancelTraceRetrieval") {
    return Access::kRead;
  }
  for (const std::string_view verb : {"Get", "List", "Batch"}) {
    if (operation.starts_with(verb)) return Access::kRead;
  }
  return Access::kAdminister;
}

}  // namespace roentgen::server
