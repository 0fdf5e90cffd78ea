// roentgen put: documents from files or standard input to the server.
#include <grpcpp/client_context.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include "base/json_writer.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/document_reader.h"

namespace roentgen::server {
namespace {

// One call; far below the server's message limit.
constexpr size_t kBatchBytes = 2 * 1024 * 1024;
constexpr int kBatchDocuments = 500;

struct PutResult {
  int64_t accepted = 0;
  std::vector<v1::UnprocessedTraceSegment> unprocessed;
};

grpc::Status Send(const v1::PutTraceSegmentsRequest& request,
                  const CommandContext& context, PutResult& result) {
  v1::PutTraceSegmentsResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::TraceService::Stub(context.channel)
          .PutTraceSegments(call.get(), request, &response);
  if (!status.ok()) return status;
  result.accepted += request.trace_segment_documents_size() -
                     response.unprocessed_trace_segments_size();
  for (auto& refused : *response.mutable_unprocessed_trace_segments()) {
    result.unprocessed.push_back(std::move(refused));
  }
  return status;
}

grpc::Status SendAll(std::vector<std::string> documents,
                     const CommandContext& context, PutResult& result) {
  v1::PutTraceSegmentsRequest request;
  size_t bytes = 0;
  for (std::string& document : documents) {
    const int count = request.trace_segment_documents_size();
    if (count == kBatchDocuments ||
        (count > 0 && bytes + document.size() > kBatchBytes)) {
      const grpc::Status status = Send(request, context, result);
      if (!status.ok()) return status;
      request.Clear();
      bytes = 0;
    }
    bytes += document.size();
    request.add_trace_segment_documents(std::move(document));
  }
  return Send(request, context, result);
}

// False: said why on `err`.
bool ReadAll(const std::string& name, const CommandContext& context,
             std::string& text) {
  if (name == "-") {
    text.assign(std::istreambuf_iterator<char>(context.in), {});
    return true;
  }
  std::error_code unknown;
  if (std::filesystem::is_directory(name, unknown)) {
    context.err << "roentgen: " << name << " is a folder\n";
    return false;
  }
  std::ifstream file(name, std::ios::binary);
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file || file.bad()) {
    context.err << "roentgen: cannot read " << name << '\n';
    return false;
  }
  return true;
}

void PrintJson(const PutResult& result, std::ostream& out) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject().Key("Accepted").Int(result.accepted);
  json.Key("UnprocessedTraceSegments").BeginArray();
  for (const v1::UnprocessedTraceSegment& refused : result.unprocessed) {
    json.BeginObject();
    if (refused.has_id()) json.Key("Id").String(refused.id());
    json.Key("ErrorCode").String(refused.error_code());
    json.Key("Message").String(refused.message()).EndObject();
  }
  json.EndArray().EndObject();
  out << text << '\n';
}

void Print(const PutResult& result, bool as_json,
           const CommandContext& context) {
  if (as_json) {
    PrintJson(result, context.out);
    return;
  }
  context.out << "stored " << result.accepted << " of "
              << result.accepted +
                     static_cast<int64_t>(result.unprocessed.size())
              << " documents\n";
  for (const v1::UnprocessedTraceSegment& refused : result.unprocessed) {
    context.err << "roentgen: refused "
                << (refused.has_id() ? refused.id() : "(no id)") << ": "
                << refused.message() << '\n';
  }
}

}  // namespace

int PutCommand(const Arguments& arguments, const CommandContext& context) {
  std::vector<std::string> names = arguments.words();
  if (names.empty()) names.push_back("-");
  std::vector<std::string> documents;
  for (const std::string& name : names) {
    std::string text;
    if (!ReadAll(name, context, text)) return kExitFailed;
    for (std::string& document : FindDocuments(text)) {
      documents.push_back(std::move(document));
    }
  }
  if (documents.empty()) {
    context.err << "roentgen: no documents in the input\n";
    return kExitFailed;
  }
  PutResult result;
  const grpc::Status status = SendAll(std::move(documents), context, result);
  if (status.ok() || result.accepted > 0) {
    Print(result, arguments.Has("json"), context);
  }
  if (!status.ok()) return Fail(status, context);
  return result.unprocessed.empty() ? kExitOk : kExitFailed;
}

}  // namespace roentgen::server
