#include "tests/support/graph_text.h"

#include <iomanip>
#include <sstream>

#include "trace/model/duration_histogram.h"

namespace roentgen::testing_support {
namespace {

using storage::CallFigures;
using storage::DurationHistogram;
using storage::ServiceId;

std::string Text(const ServiceId& s) {
  std::string out = s.name + "|" + s.type;
  return s.account_id.empty() ? out : out + "|" + s.account_id;
}

void PrintCount(const char* name, int64_t n, std::ostream& out) {
  if (n != 0) out << " " << name << " " << n;
}

// " name {5ms:2 7.250ms:1}"
void PrintTimes(const char* name, const DurationHistogram& times,
                std::ostream& out) {
  if (times.empty()) return;
  out << " " << name << " {";
  const char* separator = "";
  times.ForEach([&](uint32_t bin, int64_t count) {
    const int64_t us = DurationHistogram::MicrosecondsOf(bin);
    out << separator << us / 1'000;
    if (us % 1'000 != 0) {
      out << "." << std::setw(3) << std::setfill('0') << us % 1'000;
    }
    out << "ms:" << count;
    separator = " ";
  });
  out << "}";
}

void PrintCalls(const CallFigures& calls, std::ostream& out) {
  PrintCount("ok", calls.ok, out);
  PrintCount("throttle", calls.throttle, out);
  PrintCount("fault", calls.fault, out);
  PrintCount("error", calls.error, out);
  PrintCount("ns", calls.total_ns, out);
  PrintTimes("times", calls.response_times, out);
}

}  // namespace

std::string GraphText(const storage::GraphFigures& figures) {
  std::ostringstream out;
  for (const auto& [service, node] : figures.nodes) {
    out << "node " << Text(service);
    PrintCount("roots", node.roots, out);
    PrintCount("inferred", node.inferred, out);
    PrintCalls(node.calls, out);
    if (node.durations != node.calls.response_times) {
      PrintTimes("durations", node.durations, out);
    }
    for (const auto& [second, count] : node.activity) {
      out << " @" << second << ":" << count;
    }
    out << "\n";
  }
  for (const auto& [key, edge] : figures.edges) {
    out << (key.link ? "link " : "edge ") << Text(key.source) << " -> "
        << Text(key.target);
    PrintCalls(edge.calls, out);
    for (const auto& [alias, count] : edge.aliases) {
      out << " alias " << alias.name << "|" << alias.type << ":" << count;
    }
    PrintTimes("ages", edge.ages, out);
    out << "\n";
  }
  return out.str();
}

std::string GraphText(const std::map<int64_t, storage::GraphFigures>& periods) {
  std::string out;
  for (const auto& [begin, figures] : periods) {
    out += "period " + std::to_string(begin) + "\n" + GraphText(figures);
  }
  return out;
}

}  // namespace roentgen::testing_support
