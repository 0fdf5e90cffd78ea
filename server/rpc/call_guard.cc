#include "server/rpc/call_guard.h"

#include <string>

#include "base/status_macros.h"
#include "server/xray/operations/api_access.h"

namespace roentgen::server {
namespace {

struct Row {
  std::string_view method;
  Access access;
};

// What X-Ray has no operation for, or one by another name.
constexpr Row kRows[] = {
    {"Export", Access::kIngest},
    {"StreamTraceSegments", Access::kIngest},
    {"PutTraceSegmentsAcked", Access::kIngest},
    {"StreamTraces", Access::kRead},
    {"StreamTraceSummaries", Access::kRead},
    {"TailTraceSummaries", Access::kRead},
    {"GetTraceFigures", Access::kRead},
    {"CheckIndex", Access::kRead},
    {"StreamServiceGraph", Access::kRead},
    {"GetTimeSeries", Access::kRead},
    {"CompareGraphs", Access::kRead},
    {"ListGroups", Access::kRead},
    {"FindTraces", Access::kRead},
    {"FindTraceIDs", Access::kRead},
    {"FindTraceSummaries", Access::kRead},
};

}  // namespace

Access AccessOfMethod(std::string_view method) {
  for (const Row& row : kRows) {
    if (row.method == method) return row.access;
  }
  return AccessOf(method);
}

absl::Status AuthorizeCall(const Authenticator* authenticator,
                           const grpc::CallbackServerContext& call,
                           std::string_view method) {
  if (authenticator == nullptr) return absl::OkStatus();
  const auto& metadata = call.client_metadata();
  const auto found = metadata.find("authorization");
  const std::string_view authorization =
      found == metadata.end()
          ? std::string_view()
          : std::string_view(found->second.data(), found->second.size());
  RTG_ASSIGN_OR_RETURN(const Principal caller,
                       authenticator->Bearer(authorization));
  return Authorize(caller, AccessOfMethod(method), method);
}

}  // namespace roentgen::server
