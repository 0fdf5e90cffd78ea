// roentgen check --all: is everything that is stored whole, and does it agree?
#include <grpcpp/client_context.h>

#include "base/call.h"
#include "roentgen/v1/check_service.grpc.pb.h"
#include "server/cli/backup_text.h"
#include "server/cli/commands.h"
#include "server/cli/store_keys.h"
#include "server/v1/check_convert.h"
#include "storage/rocks/store_check.h"

namespace roentgen::server {
namespace {

// What is of one trace, batch or bucket: "batch 3, trace 1-...".
std::string PlaceOf(const v1::StoreFinding& finding) {
  std::string place;
  const auto add = [&](const std::string& part) {
    place += (place.empty() ? " (" : ", ") + part;
  };
  if (finding.has_bucket()) add("bucket " + std::to_string(finding.bucket()));
  if (finding.has_batch()) add("batch " + std::to_string(finding.batch()));
  if (!finding.trace_id().empty()) add("trace " + finding.trace_id());
  return place.empty() ? place : place + ")";
}

int Print(const v1::CheckStoreResponse& response, const Arguments& arguments,
          const CommandContext& context) {
  int64_t found = 0;
  for (const auto& [kind, count] : response.finding_counts()) found += count;
  if (arguments.Has("json")) {
    PrintJson(response, context);
    return found == 0 ? kExitOk : kExitFailed;
  }
  for (const v1::StoreFinding& finding : response.findings()) {
    context.out << finding.kind() << PlaceOf(finding) << ": " << finding.text()
                << '\n';
  }
  for (const std::string& note : response.notes()) {
    context.err << "roentgen: " << note << '\n';
  }
  context.out << response.bucket_count() << " buckets, "
              << response.batch_count() << " batches, "
              << response.trace_count() << " traces, "
              << response.record_count() << " records, "
              << response.roll_up_count() << " roll-ups, "
              << response.commit_count() << " commits, " << found
              << " findings\n";
  return found == 0 ? kExitOk : kExitFailed;
}

int CheckFolderCommand(const std::string& folder, const Arguments& arguments,
                       const CommandContext& context) {
  storage::RocksEngineOptions store{.path = folder};
  store.rules.lone_subsegments = !arguments.Has("strict-aws-limits");
  const auto keys = KeysOf(arguments);
  if (!keys.ok()) return FailHere(keys.status(), context);
  store.keys = *keys;
  const auto report = storage::CheckFolder(store, {}, UnattendedCall());
  if (!report.ok()) {
    context.err << "roentgen: " << report.status().message() << '\n';
    return kExitFailed;
  }
  v1::CheckStoreResponse response;
  ToProto(*report, &response);
  return Print(response, arguments, context);
}

}  // namespace

int CheckStoreCommand(const Arguments& arguments,
                      const CommandContext& context) {
  if (!arguments.words().empty()) {
    return Misuse("check --all takes no expressions", context);
  }
  if (const auto folder = arguments.Value("store")) {
    return CheckFolderCommand(*folder, arguments, context);
  }
  const auto call = NewCall(context);
  v1::CheckStoreResponse response;
  const grpc::Status status = v1::CheckService::Stub(context.channel)
                                  .CheckStore(call.get(), {}, &response);
  if (!status.ok()) return Fail(status, context);
  return Print(response, arguments, context);
}

}  // namespace roentgen::server
