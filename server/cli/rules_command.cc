// roentgen rules: sampling rules, changes of them, what clients reported.
#include <grpcpp/client_context.h>

#include <string>
#include <vector>

#include "roentgen/v1/sampling_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/rule_flags.h"
#include "server/cli/rule_tables.h"

namespace roentgen::server {
namespace {

int Print(const v1::SamplingRuleRecord& record, const Arguments& arguments,
          const CommandContext& context) {
  if (arguments.Has("json")) {
    PrintJson(record, context);
  } else {
    context.out << RuleLine(record.sampling_rule());
  }
  return kExitOk;
}

int List(const Arguments& arguments, const CommandContext& context) {
  v1::GetSamplingRulesResponse response;
  const auto call = NewCall(context);
  const grpc::Status status = v1::SamplingService::Stub(context.channel)
                                  .GetSamplingRules(call.get(), {}, &response);
  if (!status.ok()) return Fail(status, context);
  if (!arguments.Has("json")) context.out << RuleHeader();
  for (const auto& record : response.sampling_rule_records()) {
    Print(record, arguments, context);
  }
  return kExitOk;
}

int Stats(const Arguments& arguments, const CommandContext& context) {
  v1::GetSamplingStatisticSummariesResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::SamplingService::Stub(context.channel)
          .GetSamplingStatisticSummaries(call.get(), {}, &response);
  if (!status.ok()) return Fail(status, context);
  if (!arguments.Has("json")) {
    context.out << StatisticsTable(response);
    return kExitOk;
  }
  for (const auto& one : response.sampling_statistic_summaries()) {
    PrintJson(one, context);
  }
  return kExitOk;
}

int Create(const std::string& name, const Arguments& arguments,
           const CommandContext& context) {
  const absl::StatusOr<v1::SamplingRule> rule = ParseNewRule(name, arguments);
  if (!rule.ok()) {
    return Misuse(std::string(rule.status().message()), context);
  }
  v1::CreateSamplingRuleRequest request;
  *request.mutable_sampling_rule() = *rule;
  v1::CreateSamplingRuleResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::SamplingService::Stub(context.channel)
          .CreateSamplingRule(call.get(), request, &response);
  if (!status.ok()) return Fail(status, context);
  return Print(response.sampling_rule_record(), arguments, context);
}

int Update(const std::string& name, const Arguments& arguments,
           const CommandContext& context) {
  const absl::StatusOr<v1::SamplingRuleUpdate> change =
      ParseRuleChange(arguments);
  if (!change.ok()) {
    return Misuse(std::string(change.status().message()), context);
  }
  v1::UpdateSamplingRuleRequest request;
  *request.mutable_sampling_rule_update() = *change;
  request.mutable_sampling_rule_update()->set_rule_name(name);
  v1::UpdateSamplingRuleResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::SamplingService::Stub(context.channel)
          .UpdateSamplingRule(call.get(), request, &response);
  if (!status.ok()) return Fail(status, context);
  return Print(response.sampling_rule_record(), arguments, context);
}

int Delete(const std::string& name, const CommandContext& context) {
  v1::DeleteSamplingRuleRequest request;
  request.set_rule_name(name);
  v1::DeleteSamplingRuleResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::SamplingService::Stub(context.channel)
          .DeleteSamplingRule(call.get(), request, &response);
  return status.ok() ? kExitOk : Fail(status, context);
}

}  // namespace

int RulesCommand(const Arguments& arguments, const CommandContext& context) {
  const std::vector<std::string>& words = arguments.words();
  const std::string verb = words.empty() ? "list" : words[0];
  if (words.size() <= 1 && verb == "list") return List(arguments, context);
  if (words.size() == 1 && verb == "stats") return Stats(arguments, context);
  if (words.size() == 2 && verb == "create") {
    return Create(words[1], arguments, context);
  }
  if (words.size() == 2 && verb == "update") {
    return Update(words[1], arguments, context);
  }
  if (words.size() == 2 && verb == "delete") return Delete(words[1], context);
  return Misuse(
      "rules: expected list, stats, create NAME, update NAME or delete NAME",
      context);
}

}  // namespace roentgen::server
