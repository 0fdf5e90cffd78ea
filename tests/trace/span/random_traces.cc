#include "tests/trace/span/random_traces.h"

#include <limits>
#include <random>
#include <string>

#include "opentelemetry/proto/common/v1/common.pb.h"
#include "opentelemetry/proto/resource/v1/resource.pb.h"

namespace roentgen::storage {
namespace {

namespace otlp = opentelemetry::proto::trace::v1;
namespace common = opentelemetry::proto::common::v1;

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  otlp::TracesData Traces() {
    otlp::TracesData traces;
    Times(3, [&] { Resource(*traces.add_resource_spans()); });
    return traces;
  }

 private:
  uint32_t Below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }
  bool Sometimes() { return Below(2) == 0; }

  template <typename Fn>
  void Times(uint32_t max, Fn fn) {
    for (uint32_t n = Below(max + 1); n > 0; --n) fn();
  }

  template <typename T>
  T Number() {
    switch (Below(4)) {
      case 0:
        return std::numeric_limits<T>::max();
      case 1:
        return std::numeric_limits<T>::min();
      case 2:
        return static_cast<T>(random_());
      default:
        return 0;
    }
  }

  double Double() {
    constexpr double kValues[] = {0.0,
                                  -0.0,
                                  1.5,
                                  1e300,
                                  5e-324,
                                  1.0 / 3,
                                  -7,
                                  std::numeric_limits<double>::infinity(),
                                  -std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};
    return kValues[Below(std::size(kValues))];
  }

  std::string Text() {
    constexpr const char* kValues[] = {
        "",
        "a",
        "service.name",
        "\xC3\xA4\xF0\x9F\x98\x80",
        "q\"\\\n\x01\x7F",
        "a text that is longer than any short string is"};
    return kValues[Below(std::size(kValues))];
  }

  std::string Bytes(uint32_t max) {
    std::string out;
    Times(max, [&] { out.push_back(static_cast<char>(random_())); });
    return out;
  }

  void Value(common::AnyValue& value, int depth) {
    switch (Below(depth > 0 ? 9 : 6)) {
      case 0:
        return value.set_string_value(Text());
      case 1:
        return value.set_bool_value(Sometimes());
      case 2:
        return value.set_int_value(Number<int64_t>());
      case 3:
        return value.set_double_value(Double());
      case 4:
        return value.set_bytes_value(Bytes(9));
      case 5:
        return;
      case 6:
        return value.set_string_value_strindex(Number<int32_t>());
      case 7: {
        auto& array = *value.mutable_array_value();
        return Times(3, [&] { Value(*array.add_values(), depth - 1); });
      }
      default: {
        auto& map = *value.mutable_kvlist_value();
        return Times(3, [&] { Pair(*map.add_values(), depth - 1); });
      }
    }
  }

  void Pair(common::KeyValue& pair, int depth) {
    pair.set_key(Text());
    if (Below(8) != 0) Value(*pair.mutable_value(), depth);
    if (Below(8) == 0) pair.set_key_strindex(Number<int32_t>());
  }

  template <typename T>
  void Attributes(T& owner) {
    Times(3, [&] { Pair(*owner.add_attributes(), 3); });
    owner.set_dropped_attributes_count(Number<uint32_t>());
  }

  void Resource(otlp::ResourceSpans& spans) {
    if (Sometimes()) {
      auto& resource = *spans.mutable_resource();
      Attributes(resource);
      Times(2, [&] {
        auto& entity = *resource.add_entity_refs();
        entity.set_schema_url(Text());
        entity.set_type(Text());
        Times(2, [&] { entity.add_id_keys(Text()); });
        Times(2, [&] { entity.add_description_keys(Text()); });
      });
    }
    Times(3, [&] { Scope(*spans.add_scope_spans()); });
    spans.set_schema_url(Text());
  }

  void Scope(otlp::ScopeSpans& spans) {
    if (Sometimes()) {
      auto& scope = *spans.mutable_scope();
      scope.set_name(Text());
      scope.set_version(Text());
      Attributes(scope);
    }
    Times(4, [&] { Span(*spans.add_spans()); });
    spans.set_schema_url(Text());
  }

  void Span(otlp::Span& span) {
    span.set_trace_id(Bytes(17));
    span.set_span_id(Bytes(9));
    span.set_trace_state(Text());
    span.set_parent_span_id(Bytes(9));
    span.set_name(Text());
    span.set_kind(static_cast<otlp::Span::SpanKind>(Number<int32_t>()));
    span.set_start_time_unix_nano(Number<uint64_t>());
    span.set_end_time_unix_nano(Number<uint64_t>());
    Attributes(span);
    Times(2, [&] {
      auto& event = *span.add_events();
      event.set_time_unix_nano(Number<uint64_t>());
      event.set_name(Text());
      Attributes(event);
    });
    span.set_dropped_events_count(Number<uint32_t>());
    Times(2, [&] {
      auto& link = *span.add_links();
      link.set_trace_id(Bytes(17));
      link.set_span_id(Bytes(9));
      link.set_trace_state(Text());
      Attributes(link);
      link.set_flags(Number<uint32_t>());
    });
    span.set_dropped_links_count(Number<uint32_t>());
    if (Sometimes()) {
      span.mutable_status()->set_message(Text());
      span.mutable_status()->set_code(
          static_cast<otlp::Status::StatusCode>(Number<int32_t>()));
    }
    span.set_flags(Number<uint32_t>());
  }

  std::mt19937_64 random_;
};

}  // namespace

otlp::TracesData RandomTraces(uint32_t seed) { return Maker(seed).Traces(); }

}  // namespace roentgen::storage
