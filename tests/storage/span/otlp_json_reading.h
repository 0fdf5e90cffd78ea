// Requests in OTLP/JSON for tests of their reader, and what Protobuf makes of
// them.
#ifndef ROENTGEN_TESTS_STORAGE_SPAN_OTLP_JSON_READING_H_
#define ROENTGEN_TESTS_STORAGE_SPAN_OTLP_JSON_READING_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "storage/span/otlp_json_reader.h"

namespace roentgen::storage {

absl::StatusOr<std::string> Read(std::string json) {
  OtlpJsonReader reader;
  return reader.Read(json);
}

inline std::string WithSpan(std::string_view span) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + std::string(span) +
         "]}]}]}";
}

inline std::string WithValue(std::string_view value) {
  return WithSpan(R"({"attributes":[{"key":"k","value":)" + std::string(value) +
                  "}]}");
}

// What Protobuf itself writes of a message given as text.
inline std::string Wire(const std::string& text) {
  opentelemetry::proto::trace::v1::TracesData traces;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &traces))
      << text;
  return traces.SerializeAsString();
}

inline std::string WireOfSpan(const std::string& span) {
  return Wire("resource_spans { scope_spans { spans { " + span + " } } }");
}

inline std::string WireOfValue(const std::string& value) {
  return WireOfSpan("attributes { key: 'k' value { " + value + " } }");
}

inline void ExpectReads(const std::string& json, const std::string& wire) {
  const auto read = Read(json);
  ASSERT_TRUE(read.ok()) << read.status() << "\n" << json;
  opentelemetry::proto::trace::v1::TracesData actual, expected;
  ASSERT_TRUE(actual.ParseFromString(*read)) << json;
  expected.ParseFromString(wire);
  EXPECT_EQ(*read, wire) << json << "\n"
                         << actual.ShortDebugString() << "\n"
                         << expected.ShortDebugString();
}

inline void ExpectError(const std::string& json, const std::string& message) {
  const auto read = Read(json);
  EXPECT_TRUE(absl::IsInvalidArgument(read.status())) << json;
  EXPECT_EQ(read.status().message(), message) << json;
}

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_STORAGE_SPAN_OTLP_JSON_READING_H_
