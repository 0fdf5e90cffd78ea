#include "tests/support/document_text.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <variant>

namespace roentgen::testing_support {
namespace {

void AddEntity(const storage::EntityView& e, std::ostream& out) {
  out << "entity " << e.id.ToString() << " parent " << e.parent << " parent_id "
      << (e.parent_id ? e.parent_id->ToString() : "none") << "\n name "
      << e.name << "\n times " << e.start.ns << " " << e.end.ns << " "
      << e.in_progress << "\n namespace " << static_cast<int>(e.name_space)
      << " flags " << static_cast<int>(e.error) << static_cast<int>(e.fault)
      << static_cast<int>(e.throttle) << "\n http " << e.http.method << "|"
      << e.http.url << "|" << e.http.user_agent << "|" << e.http.client_ip
      << "|" << e.http.status << "\n aws " << e.aws.operation << "|"
      << e.aws.account_id << "|" << e.aws.table_name << "|" << e.aws.bucket_name
      << "|" << e.aws.queue_url << "|" << e.aws.topic_arn << "|"
      << e.aws.function_name << "|" << e.aws.instance_id << "|"
      << e.aws.availability_zone << "\n user " << e.user << " origin "
      << e.origin << " arn " << e.resource_arn << " sql " << e.has_sql
      << " edit " << e.needs_edit << "\n cause " << e.cause_json << "\n";
}

void AddValue(const storage::AnnotationView& value, std::ostream& out) {
  if (const bool* on = std::get_if<bool>(&value)) {
    out << (*on ? "true" : "false");
  } else if (const auto* number = std::get_if<storage::ExactNumber>(&value)) {
    // The bits: 0 is not -0. 3 is 3.0: JSON writes both alike.
    const double value_of = number->AsDouble();
    const bool whole = std::trunc(value_of) == value_of &&
                       std::abs(value_of) < storage::kDoubleIntegersEnd &&
                       !(value_of == 0 && std::signbit(value_of));
    if (number->is_integer()) {
      out << number->integer();
    } else if (whole) {
      out << static_cast<int64_t>(value_of);
    } else {
      out << number->AsDouble() << " (" << std::hex
          << std::bit_cast<uint64_t>(number->AsDouble()) << std::dec << ")";
    }
  } else {
    out << '"' << std::get<std::string_view>(value) << '"';
  }
}

}  // namespace

std::string DocumentText(const storage::SegmentDocument& document) {
  std::ostringstream out;
  out << "trace " << document.trace_id.ToString() << " subsegment "
      << document.independent_subsegment << " span " << document.span << "\n";
  for (const storage::EntityView& e : document.entities) AddEntity(e, out);
  document.ForEachAnnotation([&](const storage::AnnotationPair& a) {
    out << "annotation " << a.entity << " " << a.key << " = ";
    AddValue(a.value, out);
    out << "\n";
  });
  for (const storage::ParentLink& link : document.links) {
    out << "link " << link.entity << " " << link.trace.ToString() << " "
        << link.sender.ToString() << "\n";
  }
  return out.str();
}

}  // namespace roentgen::testing_support
