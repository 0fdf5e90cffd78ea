// roentgen tail: traces that match, as they arrive.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/search_flags.h"
#include "server/cli/summary_table.h"

namespace roentgen::server {

int TailCommand(const Arguments& arguments, const CommandContext& context) {
  const absl::StatusOr<std::string> filter = ParseFilterWord(arguments, "tail");
  if (!filter.ok()) {
    return Misuse(std::string(filter.status().message()), context);
  }
  v1::TailTraceSummariesRequest request;
  request.set_filter_expression(*filter);
  const bool as_json = arguments.Has("json");
  // Without a deadline, unless one is asked for: it ends with an interrupt.
  const bool bounded = arguments.Has("timeout");
  const auto call = bounded ? NewCall(context) : NewEndlessCall(context);
  const auto reader = v1::TraceService::Stub(context.channel)
                          .TailTraceSummaries(call.get(), request);
  v1::TailTraceSummariesResponse message;
  if (!as_json) context.out << SummaryHeader() << std::flush;
  while (reader->Read(&message)) {
    if (message.skipped_count() != 0) {
      context.err << "roentgen: " << message.skipped_count()
                  << " changes came too fast and were skipped\n";
    }
    for (const v1::TraceSummary& summary : message.trace_summaries()) {
      if (as_json) {
        PrintJson(summary, context);
      } else {
        context.out << SummaryLine(summary);
      }
    }
    context.out << std::flush;
  }
  const grpc::Status status = reader->Finish();
  if (bounded && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    return kExitOk;
  }
  return status.ok() ? kExitOk : Fail(status, context);
}

}  // namespace roentgen::server
