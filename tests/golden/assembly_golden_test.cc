// Documents in, trace out: every rule of assembly as a text file.
//
// A line "@commit" between documents starts a new commit.
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal_time.h"
#include "tests/golden/case_file.h"
#include "tests/support/calls.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/render.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"

namespace roentgen::storage {
namespace {

std::string Text(const ServiceId& s) {
  std::string out = s.name + "|" + s.type;
  return s.account_id.empty() ? out : out + "|" + s.account_id;
}

std::string Text(const std::optional<absl::Duration>& d) {
  return d ? FormatSeconds(*d) : "-";
}

std::string Text(const AnnotationValue& v) {
  if (const auto* s = std::get_if<std::string>(&v)) return "\"" + *s + "\"";
  if (const auto* b = std::get_if<bool>(&v)) return *b ? "true" : "false";
  std::ostringstream out;
  out << std::get<ExactNumber>(v).AsDouble();
  return out.str();
}

std::string Text(const Outcome& o) {
  return std::string(o.throttle ? "throttle" : "") + (o.fault ? "fault" : "") +
         (o.error ? "error" : "") +
         (o.throttle || o.fault || o.error ? "" : "ok");
}

void PrintEntity(const RootCauseEntity& entity, std::ostream& out) {
  out << " " << entity.name << (entity.remote ? " remote" : "");
  if (entity.coverage) out << " " << *entity.coverage;
  for (const RootCauseException& e : entity.exceptions) {
    out << " {" << e.name << ": " << e.message << "}";
  }
}

// A line per cause: "kind: service[ entity, entity] > service[ entity]".
void PrintCauses(std::string_view kind, const std::vector<RootCause>& causes,
                 std::ostream& out) {
  for (const RootCause& cause : causes) {
    out << kind << (cause.client_impacting ? " cause for client:" : " cause:");
    std::string_view between_services;
    for (const RootCauseService& service : cause.services) {
      out << between_services << " " << Text(service.service)
          << (service.inferred ? " inferred" : "") << " [";
      std::string_view between_entities;
      for (const RootCauseEntity& entity : service.entity_path) {
        out << between_entities;
        PrintEntity(entity, out);
        between_entities = ",";
      }
      out << " ]";
      between_services = " >";
    }
    out << "\n";
  }
}

void PrintSummary(const TraceSummary& s, std::ostream& out) {
  out << "start " << FormatEpochSeconds(s.start) << " duration "
      << Text(s.duration) << " response " << Text(s.response_time)
      << (s.has_fault ? " fault" : "") << (s.has_error ? " error" : "")
      << (s.has_throttle ? " throttle" : "") << (s.is_partial ? " partial" : "")
      << " revision " << s.revision << "\n";
  if (s.entry_point) out << "entry " << Text(*s.entry_point) << "\n";
  if (s.http != HttpSummary()) {
    out << "http " << s.http.method << " " << s.http.url << " " << s.http.status
        << "\n";
  }
  for (const ServiceId& id : s.service_ids) {
    out << "service " << Text(id) << "\n";
  }
  for (const auto& [key, entries] : s.annotations) {
    for (const AnnotationEntry& entry : entries) {
      out << "annotation " << key << "=" << Text(entry.value) << " by";
      for (const ServiceId& id : entry.services) out << " " << Text(id);
      out << "\n";
    }
  }
  for (const TraceUser& user : s.users) out << "user " << user.name << "\n";
  for (const auto& arn : s.resource_arns) out << "arn " << arn << "\n";
  for (const auto& id : s.instance_ids) out << "instance " << id << "\n";
  for (const auto& z : s.availability_zones) out << "zone " << z << "\n";
  PrintCauses("fault", s.fault_root_causes, out);
  PrintCauses("error", s.error_root_causes, out);
  PrintCauses("time", s.response_time_root_causes, out);
}

std::string Run(const std::vector<std::string>& lines) {
  TraceRecords records;
  DocumentParser parser;
  uint64_t commit = 1;
  uint32_t position = 0;
  std::ostringstream out;
  for (const std::string& line : lines) {
    if (line == "@commit") {
      ++commit;
      continue;
    }
    SegmentDocument document;
    if (auto fault = parser.Parse(line, document)) {
      out << "refused: " << fault->Message() << "\n";
      continue;
    }
    records.trace_id = document.trace_id;
    records.records.push_back(
        {.sequence = {commit, position++},
         .received = Timestamp::FromSeconds(1'700'000'100 + int64_t(commit)),
         .format = RecordFormat::kXrayJson,
         .document = line});
  }
  if (records.records.empty()) return out.str();
  const absl::StatusOr<Trace> trace =
      AssembleTrace(records, testing_support::AnyCall());
  if (!trace.ok()) return trace.status().ToString() + "\n";
  for (uint32_t segment : trace->segments) {
    out << "segment " << RenderSegment(*trace, segment) << "\n";
  }
  for (const InferredSegment& inferred : trace->inferred) {
    out << "inferred " << RenderInferred(*trace, inferred) << "\n";
  }
  PrintSummary(Summarize(*trace), out);
  const TraceObservations seen = Observe(*trace);
  for (const NodeObservation& n : seen.nodes) {
    out << "node " << Text(seen.services[n.service]) << " " << Text(n.outcome)
        << " " << FormatSeconds(n.duration) << (n.root ? " root" : "")
        << (n.inferred ? " inferred" : "")
        << (n.in_progress ? " in_progress" : "") << "\n";
  }
  for (const EdgeObservation& e : seen.edges) {
    out << "edge " << Text(seen.services[e.source]) << " -> "
        << Text(seen.services[e.target]) << " " << Text(e.outcome) << " "
        << FormatSeconds(e.duration) << "\n";
  }
  return out.str();
}

}  // namespace
}  // namespace roentgen::storage

int main(int argc, char** argv) {
  return roentgen::testing_support::RunGoldenFiles(argc, argv,
                                                   roentgen::storage::Run);
}
