// roentgen trace: one trace as a waterfall or as JSON.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <utility>

#include "base/decimal_time.h"
#include "base/json_writer.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/trace_tree.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

void PrintOriginal(const v1::Trace& trace, std::ostream& out) {
  for (const v1::Segment& segment : trace.segments()) {
    out << segment.document() << '\n';
  }
}

void PrintJson(const v1::Trace& trace, std::ostream& out) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("Id").String(trace.id());
  if (trace.has_duration()) {
    json.Key("Duration")
        .Raw(FormatSeconds(absl::Seconds(trace.duration().seconds()) +
                           absl::Nanoseconds(trace.duration().nanos())));
  }
  json.Key("Segments").BeginArray();
  for (const v1::Segment& segment : trace.segments()) {
    json.BeginObject().Key("Id").String(segment.id());
    json.Key("Inferred").Bool(segment.inferred());
    json.Key("Document").Raw(segment.document()).EndObject();
  }
  json.EndArray().EndObject();
  out << text << '\n';
}

void PrintWaterfall(const v1::Trace& trace, std::ostream& out) {
  std::vector<std::string> documents;
  for (const v1::Segment& segment : trace.segments()) {
    documents.push_back(segment.document());
  }
  out << RenderWaterfall(trace.id(), BuildTraceTree(documents));
}

}  // namespace

int TraceCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.words().size() != 1) {
    return Misuse("trace: give exactly one trace id", context);
  }
  const bool original = arguments.Has("original");
  v1::StreamTracesRequest request;
  request.add_trace_ids(arguments.words().front());
  request.set_document_form(original ? v1::DOCUMENT_FORM_ORIGINAL
                                     : v1::DOCUMENT_FORM_PROCESSED);
  const auto call = NewCall(context);
  const auto reader =
      v1::TraceService::Stub(context.channel).StreamTraces(call.get(), request);
  v1::Trace trace;
  v1::TraceChunk chunk;
  while (reader->Read(&chunk)) {
    trace.set_id(chunk.trace_id());
    if (chunk.has_duration()) *trace.mutable_duration() = chunk.duration();
    for (v1::Segment& segment : *chunk.mutable_segments()) {
      *trace.add_segments() = std::move(segment);
    }
  }
  const grpc::Status status = reader->Finish();
  if (!status.ok()) return Fail(status, context);
  if (trace.id().empty()) {
    context.err << "roentgen: no trace " << arguments.words().front() << '\n';
    return kExitFailed;
  }
  if (original) {
    PrintOriginal(trace, context.out);
  } else if (arguments.Has("json")) {
    PrintJson(trace, context.out);
  } else {
    PrintWaterfall(trace, context.out);
  }
  return kExitOk;
}

}  // namespace roentgen::server
