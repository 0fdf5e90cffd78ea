// roentgen check: does the index say what the stored traces say?
#include <grpcpp/client_context.h>

#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/search_flags.h"

namespace roentgen::server {

int CheckCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.Has("all")) return CheckStoreCommand(arguments, context);
  if (arguments.Has("store")) return Misuse("--store needs --all", context);
  absl::StatusOr<CommandRange> range =
      ParseRange(arguments, context.clock.Now().ToTime());
  if (!range.ok()) {
    return Misuse(std::string(range.status().message()), context);
  }
  v1::CheckIndexRequest request;
  *request.mutable_start_time() = range->start;
  *request.mutable_end_time() = range->end;
  for (const std::string& expression : arguments.words()) {
    request.add_filter_expressions(expression);
  }
  const auto call = NewCall(context);
  v1::CheckIndexResponse response;
  const grpc::Status status = v1::TraceService::Stub(context.channel)
                                  .CheckIndex(call.get(), request, &response);
  if (!status.ok()) return Fail(status, context);
  if (arguments.Has("json")) {
    PrintJson(response, context);
  } else {
    context.out << response.trace_count() << " traces, "
                << response.expression_count() << " expressions, "
                << response.comparison_count() << " comparisons, "
                << response.mismatch_count() << " mismatches\n";
    for (const v1::IndexMismatch& mismatch : response.mismatches()) {
      context.out << mismatch.trace_id()
                  << (mismatch.missing() ? " is left out by the index: "
                                         : " is wrongly claimed by the index: ")
                  << mismatch.filter_expression() << '\n';
    }
  }
  return response.mismatch_count() == 0 ? kExitOk : kExitFailed;
}

}  // namespace roentgen::server
