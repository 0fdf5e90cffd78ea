// Documents in, trace out: every rule of assembly as a text file.
//
// A case is: comment lines (#), documents, "--", what comes out; cases are
// parted by "==". A line "@commit" between documents starts a new commit.
//   bazel-bin/tests/golden/assembly_golden_test --update FILE...
// rewrites the expected part; the diff is the review.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal_time.h"
#include "storage/assembly/observations.h"
#include "storage/assembly/render.h"
#include "storage/assembly/summarize.h"
#include "storage/assembly/trace.h"
#include "storage/document/document_parser.h"

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
  out << std::get<double>(v);
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
  const absl::StatusOr<Trace> trace = AssembleTrace(records);
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
    out << "node " << Text(n.service) << " " << Text(n.outcome) << " "
        << FormatSeconds(n.duration) << (n.root ? " root" : "")
        << (n.inferred ? " inferred" : "")
        << (n.in_progress ? " in_progress" : "") << "\n";
  }
  for (const EdgeObservation& e : seen.edges) {
    out << "edge " << Text(e.source) << " -> " << Text(e.target) << " "
        << Text(e.outcome) << " " << FormatSeconds(e.duration) << "\n";
  }
  return out.str();
}

struct Case {
  std::string comments;
  std::vector<std::string> documents;
  std::string expected;
};

std::vector<Case> ReadCases(const std::string& path) {
  std::ifstream in(path);
  std::vector<Case> cases(1);
  bool output = false;
  for (std::string line; std::getline(in, line);) {
    Case& c = cases.back();
    if (line == "==") {
      cases.emplace_back();
      output = false;
    } else if (line == "--") {
      output = true;
    } else if (output) {
      c.expected += line + "\n";
    } else if (!line.empty() && line[0] == '#') {
      c.comments += line + "\n";
    } else if (!line.empty()) {
      c.documents.push_back(line);
    }
  }
  return cases;
}

int Main(int argc, char** argv) {
  bool update = false;
  int passed = 0, failed = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--update") {
      update = true;
      continue;
    }
    std::vector<Case> cases = ReadCases(argv[i]);
    std::ostringstream text;
    for (size_t c = 0; c < cases.size(); ++c) {
      const std::string actual = Run(cases[c].documents);
      if (actual == cases[c].expected) {
        ++passed;
      } else if (++failed; !update) {
        std::cout << argv[i] << ", case " << c + 1 << "\n"
                  << cases[c].comments << "expected:\n"
                  << cases[c].expected << "actual:\n"
                  << actual << "\n";
      }
      // Running over every prefix of the documents must not crash.
      for (size_t n = 0; n < cases[c].documents.size(); ++n) {
        Run({cases[c].documents.begin(),
             cases[c].documents.begin() + ptrdiff_t(n)});
      }
      text << (c == 0 ? "" : "==\n") << cases[c].comments;
      for (const std::string& d : cases[c].documents) text << d << "\n";
      text << "--\n" << actual;
    }
    if (update) std::ofstream(argv[i]) << text.str();
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace
}  // namespace roentgen::storage

int main(int argc, char** argv) { return roentgen::storage::Main(argc, argv); }
