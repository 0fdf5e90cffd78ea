// What a search asks of a trace, in terms that an index can answer.
//
// A predicate is a tree over facts of a trace, of its nodes and of its edges.
// Where a question cannot be put in these terms it holds Truth::kMaybe. An
// engine answers each trace with "no", "maybe" or "yes"; it may say "maybe"
// to anything, and never "no" or "yes" wrongly. The caller settles "maybe"
// on the assembled trace.
//
// Threads: plain data; pure functions.
#ifndef ROENTGEN_STORAGE_ENGINE_TRACE_PREDICATE_H_
#define ROENTGEN_STORAGE_ENGINE_TRACE_PREDICATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "trace/model/span_member.h"

namespace roentgen::storage {

enum class Truth : uint8_t { kNo, kMaybe, kYes };

// Of a trace: of its root segment, where that makes sense. Of a node or edge:
// of the segment or call that was seen.
enum class TraceProperty : uint8_t {
  kOk,
  kFault,
  kError,
  kThrottle,
  kPartial,   // Of traces only.
  kInferred,  // A trace has an inferred segment; a node is one.
  kRoot,      // Of nodes only.
};

enum class NumberField : uint8_t {
  kDuration,      // Nanoseconds.
  kResponseTime,  // Nanoseconds; of nodes and edges the same as kDuration.
  kHttpStatus,
  kStart,  // Of traces only: nanoseconds since the epoch.
};

enum class TextField : uint8_t {
  // Of traces: the root's, one value or none.
  kHttpUrl,
  kHttpMethod,
  kHttpUserAgent,
  kHttpClientIp,
  // Of traces: those of all segments.
  kUser,
  kAvailabilityZone,
  kInstanceId,
  kResourceArn,
  // Of nodes.
  kName,
  kType,
  kAccountId,
};

enum class TextOp : uint8_t {
  kExists,
  kEqual,
  kNotEqual,
  kContains,
  kBeginsWith,
  kEndsWith,
};

struct TextTest {
  TextOp op = TextOp::kExists;
  std::string text;

  // `value` is there.
  bool Matches(std::string_view value) const;

  friend bool operator==(const TextTest&, const TextTest&) = default;
};

// Both ends are in it.
struct IntRange {
  int64_t low = 0;
  int64_t high = 0;

  friend bool operator==(const IntRange&, const IntRange&) = default;
};

// True when the value is known and in one of the ranges, which are ascending
// and apart.
struct NumberTest {
  std::vector<IntRange> ranges;

  bool Matches(int64_t value) const {
    for (const IntRange& r : ranges) {
      if (value >= r.low && value <= r.high) return true;
    }
    return false;
  }

  friend bool operator==(const NumberTest&, const NumberTest&) = default;
};

// Both ends are in it.
struct DoubleRange {
  double low = 0;
  double high = 0;

  friend bool operator==(const DoubleRange&, const DoubleRange&) = default;
};

// True when the value is in one of the ranges, which are ascending and apart.
struct DoubleTest {
  std::vector<DoubleRange> ranges;

  bool Matches(double value) const {
    for (const DoubleRange& r : ranges) {
      if (value >= r.low && value <= r.high) return true;
    }
    return false;
  }

  friend bool operator==(const DoubleTest&, const DoubleTest&) = default;
};

// A node of the service map; a member that is not set matches anything.
struct NodePattern {
  std::optional<std::string> name;
  std::optional<std::string> type;
  std::optional<std::string> account_id;

  friend bool operator==(const NodePattern&, const NodePattern&) = default;
};

struct TracePredicate {
  struct Constant {
    Truth truth = Truth::kYes;
    friend bool operator==(const Constant&, const Constant&) = default;
  };
  struct Property {
    TraceProperty property = TraceProperty::kOk;
    friend bool operator==(const Property&, const Property&) = default;
  };
  struct Number {
    NumberField field = NumberField::kDuration;
    NumberTest test;
    friend bool operator==(const Number&, const Number&) = default;
  };
  // Some value of the field passes.
  struct Text {
    TextField field = TextField::kHttpUrl;
    TextTest test;
    friend bool operator==(const Text&, const Text&) = default;
  };
  // Some value of the annotation that is of the test's type passes.
  struct AnnotationText {
    std::string key;
    TextTest test;
    friend bool operator==(const AnnotationText&,
                           const AnnotationText&) = default;
  };
  struct AnnotationNumber {
    std::string key;
    DoubleTest test;  // Of the nearest double, which is finite.
    // Numbers whose nearest double is this one may pass or not.
    std::optional<double> unsure = {};
    friend bool operator==(const AnnotationNumber&,
                           const AnnotationNumber&) = default;
  };
  struct AnnotationBool {
    std::string key;
    bool value = true;
    friend bool operator==(const AnnotationBool&,
                           const AnnotationBool&) = default;
  };
  // Some node of the trace matches the pattern and `row`, which is asked of
  // one segment of that node. The client of the trace is a node, too: its
  // type is "client", its segment the root.
  struct Service {
    NodePattern node;
    std::vector<TracePredicate> row;  // Exactly one.
    friend bool operator==(const Service&, const Service&) = default;
  };
  // Some call between nodes that match passes `row`.
  struct Edge {
    NodePattern source;
    NodePattern target;
    std::vector<TracePredicate> row;  // Exactly one.
    friend bool operator==(const Edge&, const Edge&) = default;
  };
  // Some span or entity of the trace may be of that service, name and kind, and
  // last so long, and some of that service, name and kind has one of these
  // statuses; a member that is not set matches anything. Never certain.
  struct Operation {
    std::optional<std::string> service;
    std::optional<std::string> name;
    std::optional<std::string> kind;  // As Jaeger spells it: "server", ...
    IntRange duration_ns{INT64_MIN, INT64_MAX};
    SpanStatuses statuses = kAllStatuses;
    friend bool operator==(const Operation&, const Operation&) = default;
  };
  // Some span of the trace has an attribute of that name, in itself or in what
  // belongs to it, that is no annotation of that name, and reads as the text if
  // there is one. The name may also be one of span_member.h: of a member of the
  // span, whose text may have the service before it (MemberOfService). Never
  // certain.
  struct Attribute {
    std::string key;  // Not empty.
    std::optional<std::string> text = {};
    friend bool operator==(const Attribute&, const Attribute&) = default;
  };
  // Some record of the trace is an X-Ray segment, whose members read as
  // attributes, too. Never certain.
  struct SegmentRecord {
    friend bool operator==(const SegmentRecord&,
                           const SegmentRecord&) = default;
  };
  struct AllOf {
    std::vector<TracePredicate> terms;
    friend bool operator==(const AllOf&, const AllOf&) = default;
  };
  struct AnyOf {
    std::vector<TracePredicate> terms;
    friend bool operator==(const AnyOf&, const AnyOf&) = default;
  };
  struct Not {
    std::vector<TracePredicate> term;  // Exactly one.
    friend bool operator==(const Not&, const Not&) = default;
  };

  std::variant<Constant, Property, Number, Text, AnnotationText,
               AnnotationNumber, AnnotationBool, Service, Edge, Operation,
               Attribute, SegmentRecord, AllOf, AnyOf, Not>
      node;

  friend bool operator==(const TracePredicate& a, const TracePredicate& b) {
    return a.node == b.node;
  }
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_TRACE_PREDICATE_H_
