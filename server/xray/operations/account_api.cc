#include "server/xray/operations/account_api.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/status_macros.h"
#include "server/account/account_settings.h"
#include "server/account/resource_policies.h"
#include "server/account/telemetry.h"

namespace roentgen::server {
namespace {

using Answer = absl::StatusOr<ApiValue>;

ApiValue ToValue(const ResourcePolicy& policy) {
  return ApiFields{{"PolicyName", policy.name},
                   {"PolicyDocument", policy.document},
                   {"PolicyRevisionId", std::to_string(policy.revision)},
                   {"LastUpdatedTime", policy.updated}};
}

ApiValue ToValue(const IndexingRule& rule) {
  return ApiFields{
      {"Name", "Default"},
      {"ModifiedAt", rule.modified},
      {"Rule",
       ApiFields{
           {"Probabilistic",
            ApiFields{{"DesiredSamplingPercentage", rule.desired_percentage},
                      {"ActualSamplingPercentage", rule.actual_percentage}}}}}};
}

Answer PutResourcePolicy(ResourcePolicies& policies, const ApiValue& request) {
  RTG_ASSIGN_OR_RETURN(
      const ResourcePolicy policy,
      policies.Put(
          {.name = request.Text("PolicyName").value_or(""),
           .document = request.Text("PolicyDocument").value_or(""),
           .revision = request.Text("PolicyRevisionId"),
           .bypass_lockout_check =
               request.Bool("BypassPolicyLockoutCheck").value_or(false)}));
  return ApiValue(ApiFields{{"ResourcePolicy", ToValue(policy)}});
}

Answer ListResourcePolicies(const ResourcePolicies& policies,
                            const ApiValue& request) {
  if (request.Find("NextToken") != nullptr) {
    return absl::InvalidArgumentError("NextToken is currently not supported");
  }
  ApiList list;
  for (const ResourcePolicy& policy : policies.List()) {
    list.push_back(ToValue(policy));
  }
  return ApiValue(ApiFields{{"ResourcePolicies", std::move(list)}});
}

ApiValue EncryptionValue(const AccountSettings& settings,
                         std::string_view status) {
  const std::string key = settings.encryption_key();
  if (key.empty()) {
    return ApiFields{
        {"EncryptionConfig", ApiFields{{"Status", status}, {"Type", "NONE"}}}};
  }
  return ApiFields{
      {"EncryptionConfig",
       ApiFields{{"KeyId", key}, {"Status", status}, {"Type", "KMS"}}}};
}

Answer PutEncryptionConfig(const AccountSettings& settings,
                           const ApiValue& request) {
  RTG_RETURN_IF_ERROR(settings.CheckEncryption(
      request.Text("Type").value_or(""), request.Text("KeyId")));
  // Clients wait until a read says ACTIVE.
  return EncryptionValue(settings, "UPDATING");
}

ApiValue DestinationValue(Destination destination, std::string_view status) {
  return ApiFields{{"Destination", NameOf(destination)}, {"Status", status}};
}

Answer UpdateDestination(AccountSettings& settings, const ApiValue& request) {
  const auto name = request.Text("Destination");
  if (!name) return absl::InvalidArgumentError("Destination must be given");
  const Destination destination = *name == NameOf(Destination::kXray)
                                      ? Destination::kXray
                                      : Destination::kCloudWatchLogs;
  const ApiValue* logs = request.Find("CloudWatchLogsConfiguration");
  if (logs != nullptr && destination == Destination::kXray) {
    return absl::InvalidArgumentError(
        "CloudWatchLogsConfiguration needs the destination CloudWatchLogs");
  }
  if (logs != nullptr && logs->Find("SpansLogGroupKmsKeyId") != nullptr) {
    return absl::InvalidArgumentError(
        "SpansLogGroupKmsKeyId: this server has no KMS keys");
  }
  RTG_RETURN_IF_ERROR(settings.SetDestination(destination));
  return DestinationValue(destination, "PENDING");
}

Answer UpdateIndexingRule(AccountSettings& settings, const ApiValue& request) {
  const ApiValue* rule = request.Find("Rule");
  const ApiValue* probabilistic =
      rule != nullptr ? rule->Find("Probabilistic") : nullptr;
  if (probabilistic == nullptr) {
    return absl::InvalidArgumentError(
        "Rule must have the member Probabilistic");
  }
  RTG_ASSIGN_OR_RETURN(
      const IndexingRule changed,
      settings.SetIndexing(
          request.Text("Name").value_or(""),
          probabilistic->Double("DesiredSamplingPercentage").value_or(0)));
  return ApiValue(ApiFields{{"IndexingRule", ToValue(changed)}});
}

// A counter that a daemon sent; what makes no sense counts nothing.
uint64_t Count(const ApiValue& record, std::string_view name) {
  return static_cast<uint64_t>(
      std::max<int64_t>(0, record.Int(name).value_or(0)));
}

Answer PutTelemetryRecords(Telemetry& telemetry, const ApiValue& request) {
  const ApiValue* records = request.Find("TelemetryRecords");
  if (records == nullptr || records->list().empty()) {
    return absl::InvalidArgumentError("Telemetry records cannot be empty");
  }
  for (const ApiValue& record : records->list()) {
    TelemetryCounts counts{
        .records = 1,
        .segments_received = Count(record, "SegmentsReceivedCount"),
        .segments_sent = Count(record, "SegmentsSentCount"),
        .segments_spilled = Count(record, "SegmentsSpilloverCount"),
        .segments_rejected = Count(record, "SegmentsRejectedCount")};
    if (const ApiValue* errors = record.Find("BackendConnectionErrors")) {
      for (const auto& [kind, count] : errors->fields()) {
        counts.connection_errors += Count(*errors, kind);
      }
    }
    telemetry.Add(counts);
  }
  return ApiValue(ApiFields());
}

}  // namespace

void AddPolicyFunctions(ApiFunctions& functions) {
  functions.Add("PutResourcePolicy",
                [](Space& space, const ApiValue& request, const Call&) {
                  return PutResourcePolicy(space.policies(), request);
                });
  functions.Add("ListResourcePolicies",
                [](Space& space, const ApiValue& request, const Call&) {
                  return ListResourcePolicies(space.policies(), request);
                });
  functions.Add(
      "DeleteResourcePolicy",
      [](Space& space, const ApiValue& request, const Call&) -> Answer {
        RTG_RETURN_IF_ERROR(
            space.policies().Delete(request.Text("PolicyName").value_or(""),
                                    request.Text("PolicyRevisionId")));
        return ApiValue(ApiFields());
      });
}

void AddAccountFunctions(ApiFunctions& functions) {
  functions.Add("GetEncryptionConfig",
                [](Space& space, const ApiValue&, const Call&) -> Answer {
                  return EncryptionValue(space.account(), "ACTIVE");
                });
  functions.Add("PutEncryptionConfig",
                [](Space& space, const ApiValue& request, const Call&) {
                  return PutEncryptionConfig(space.account(), request);
                });
  functions.Add("GetTraceSegmentDestination",
                [](Space& space, const ApiValue&, const Call&) -> Answer {
                  return DestinationValue(space.account().destination(),
                                          "ACTIVE");
                });
  functions.Add("UpdateTraceSegmentDestination",
                [](Space& space, const ApiValue& request, const Call&) {
                  return UpdateDestination(space.account(), request);
                });
  functions.Add(
      "GetIndexingRules",
      [](Space& space, const ApiValue&, const Call&) -> Answer {
        return ApiValue(ApiFields{
            {"IndexingRules", ApiList{ToValue(space.account().indexing())}}});
      });
  functions.Add("UpdateIndexingRule",
                [](Space& space, const ApiValue& request, const Call&) {
                  return UpdateIndexingRule(space.account(), request);
                });
}

void AddTelemetryFunctions(ApiFunctions& functions) {
  functions.Add("PutTelemetryRecords",
                [](Space& space, const ApiValue& request, const Call&) {
                  return PutTelemetryRecords(space.telemetry(), request);
                });
}

}  // namespace roentgen::server
