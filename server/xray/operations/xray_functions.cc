#include "server/xray/operations/xray_functions.h"

#include "server/xray/operations/account_api.h"
#include "server/xray/operations/group_api.h"
#include "server/xray/operations/insight_api.h"
#include "server/xray/operations/retrieval_api.h"
#include "server/xray/operations/sampling_api.h"
#include "server/xray/operations/tag_api.h"

namespace roentgen::server {
namespace {

ApiFunctions MakeFunctions() {
  ApiFunctions functions;
  AddGroupFunctions(functions);
  AddSamplingFunctions(functions);
  AddTagFunctions(functions);
  AddInsightFunctions(functions);
  AddRetrievalFunctions(functions);
  AddPolicyFunctions(functions);
  AddAccountFunctions(functions);
  AddTelemetryFunctions(functions);
  // They look into memory; the others read traces or change settings, which
  // waits for the disk.
  functions.MarkSmall({
      "GetEncryptionConfig",
      "GetGroup",
      "GetGroups",
      "GetIndexingRules",
      "GetInsight",
      "GetInsightEvents",
      "GetInsightSummaries",
      "GetSamplingRules",
      "GetSamplingStatisticSummaries",
      "GetSamplingTargets",
      "GetTraceSegmentDestination",
      "ListResourcePolicies",
      "ListTagsForResource",
      "PutTelemetryRecords",
  });
  return functions;
}

}  // namespace

const ApiFunctions& XrayFunctions() {
  static const ApiFunctions functions = MakeFunctions();
  return functions;
}

}  // namespace roentgen::server
