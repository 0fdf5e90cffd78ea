#include "tests/crash/store_checker.h"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <utility>

#include "roentgen/v1/graph_service.grpc.pb.h"
#include "roentgen/v1/trace_service.grpc.pb.h"

namespace roentgen::crash {
namespace {

constexpr size_t kProblemsMax = 10;
constexpr int kIdsPerCall = 1'000;

class Checker {
 public:
  explicit Checker(const std::string& address) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    const auto channel = grpc::CreateCustomChannel(
        address, grpc::InsecureChannelCredentials(), arguments);
    stub_ = v1::TraceService::NewStub(channel);
    graphs_ = v1::GraphService::NewStub(channel);
  }

  // Trace id -> how often the summaries name it.
  std::map<std::string, int> Summaries(absl::Time since) {
    v1::GetTraceSummariesRequest request;
    request.mutable_start_time()->set_seconds(absl::ToUnixSeconds(since));
    request.mutable_end_time()->set_seconds(
        absl::ToUnixSeconds(since + absl::Hours(24)));
    grpc::ClientContext call;
    const auto reader = stub_->StreamTraceSummaries(&call, request);
    std::map<std::string, int> seen;
    v1::GetTraceSummariesResponse page;
    while (reader->Read(&page)) {
      for (const auto& summary : page.trace_summaries()) ++seen[summary.id()];
    }
    Expect(reader->Finish(), "summaries");
    return seen;
  }

  // Trace id -> segment id -> how many documents, in the given form.
  std::map<std::string, std::map<std::string, int>> Read(
      const std::vector<std::string>& ids, v1::DocumentForm form) {
    std::map<std::string, std::map<std::string, int>> found;
    for (size_t i = 0; i < ids.size(); i += kIdsPerCall) {
      v1::StreamTracesRequest request;
      request.set_document_form(form);
      for (size_t j = i; j < ids.size() && j < i + kIdsPerCall; ++j) {
        request.add_trace_ids(ids[j]);
      }
      grpc::ClientContext call;
      const auto reader = stub_->StreamTraces(&call, request);
      v1::TraceChunk chunk;
      while (reader->Read(&chunk)) {
        for (const v1::Segment& segment : chunk.segments()) {
          // {"id":"0123456789abcdef",...
          ++found[chunk.trace_id()][segment.document().substr(7, 16)];
        }
      }
      Expect(reader->Finish(), "traces");
    }
    return found;
  }

  // How many calls the service map counts.
  int64_t MapCalls(absl::Time since) {
    v1::GetServiceGraphRequest request;
    v1::GraphWindow& window = *request.mutable_window();
    window.mutable_start_time()->set_seconds(
        absl::ToUnixSeconds(since - absl::Hours(1)));
    window.mutable_end_time()->set_seconds(
        absl::ToUnixSeconds(since + absl::Hours(24)));
    grpc::ClientContext call;
    v1::GetServiceGraphResponse response;
    Expect(graphs_->GetServiceGraph(&call, request, &response), "map");
    int64_t calls = 0;
    for (const v1::GraphNode& node : response.graph().nodes()) {
      calls += node.calls().total_count();
    }
    return calls;
  }

  void Problem(std::string text) {
    if (problems_.size() < kProblemsMax) problems_.push_back(std::move(text));
  }
  std::vector<std::string> TakeProblems() { return std::move(problems_); }

 private:
  void Expect(const grpc::Status& status, const std::string& what) {
    if (!status.ok()) Problem(what + ": " + status.error_message());
  }

  std::unique_ptr<v1::TraceService::Stub> stub_;
  std::unique_ptr<v1::GraphService::Stub> graphs_;
  std::vector<std::string> problems_;
};

void CheckSegments(
    const Ledger::Entries& must,
    const std::map<std::string, std::map<std::string, int>>& found,
    const char* form, Checker& checker) {
  for (const auto& [trace_id, segments] : must) {
    const auto at = found.find(trace_id);
    if (at == found.end()) {
      checker.Problem(std::string(form) + ": trace " + trace_id + " is lost");
      continue;
    }
    for (const std::string& id : segments) {
      if (!at->second.contains(id)) {
        checker.Problem(std::string(form) + ": segment " + id + " of trace " +
                        trace_id + " is lost");
      }
    }
  }
  for (const auto& [trace_id, segments] : found) {
    for (const auto& [id, count] : segments) {
      if (count == 1) continue;
      checker.Problem(std::string(form) + ": segment " + id + " of trace " +
                      trace_id + " is there " + std::to_string(count) +
                      " times");
    }
  }
}

}  // namespace

CheckResult CheckStore(const std::string& grpc_address,
                       const Ledger::Entries& must, absl::Time since) {
  Checker checker(grpc_address);
  const std::map<std::string, int> summaries = checker.Summaries(since);
  std::vector<std::string> ids;
  for (const auto& [id, count] : summaries) {
    if (count != 1) {
      checker.Problem("trace " + id + " has " + std::to_string(count) +
                      " summaries");
    }
    ids.push_back(id);
  }
  for (const auto& [id, segments] : must) {
    if (summaries.contains(id)) continue;
    checker.Problem("trace " + id + " has no summary");
    ids.push_back(id);
  }
  const auto found = checker.Read(ids, v1::DOCUMENT_FORM_ORIGINAL);
  CheckSegments(must, found, "original", checker);
  int64_t segments = 0;
  for (const auto& [id, ids_found] : found) {
    segments += static_cast<int64_t>(ids_found.size());
  }
  const int64_t calls = checker.MapCalls(since);
  if (calls != segments) {
    checker.Problem("the map counts " + std::to_string(calls) + " calls of " +
                    std::to_string(segments) + " segments");
  }
  return {.problems = checker.TakeProblems(), .traces = ids.size()};
}

}  // namespace roentgen::crash
