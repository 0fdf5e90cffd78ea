#include "server/v1/method_access.h"

#include "server/xray/operations/api_access.h"

namespace roentgen::server {
namespace {

struct Row {
  std::string_view method;
  Access access;
};

// What X-Ray has no operation for, or one by another name.
constexpr Row kRows[] = {
    {"StreamTraceSegments", Access::kIngest},
    {"PutTraceSegmentsAcked", Access::kIngest},
    {"StreamTraces", Access::kRead},
    {"StreamTraceSummaries", Access::kRead},
    {"TailTraceSummaries", Access::kRead},
    {"GetTraceFigures", Access::kRead},
    {"CheckIndex", Access::kRead},
    {"CheckStore", Access::kAdminister},
    {"StreamServiceGraph", Access::kRead},
    {"GetTimeSeries", Access::kRead},
    {"CompareGraphs", Access::kRead},
    {"ListGroups", Access::kRead},
    {"TakeBackup", Access::kAdminister},
};

}  // namespace

Access AccessOfV1Method(std::string_view method) {
  for (const Row& row : kRows) {
    if (row.method == method) return row.access;
  }
  return AccessOf(method);
}

}  // namespace roentgen::server
