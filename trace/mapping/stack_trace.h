// Stack traces as text, read into frames and chains of causes.
//
// Formats: what the languages' runtimes print and OpenTelemetry's SDKs put
// into `exception.stacktrace`.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_STACK_TRACE_H_
#define ROENTGEN_TRACE_MAPPING_STACK_TRACE_H_

#include <cstdint>
#include <string_view>
#include <vector>

namespace roentgen::storage {

enum class StackLanguage : uint8_t {
  kOther,
  kJava,  // PHP's SDK writes the same.
  kPython,
  kJavaScript,
  kDotnet,
  kGo
};

// Of a value of telemetry.sdk.language.
StackLanguage StackLanguageOf(std::string_view name);

struct StackFrame {
  std::string_view path;
  int64_t line = 0;
  std::string_view label;

  friend bool operator==(const StackFrame&, const StackFrame&) = default;
};

struct StackTrace {
  // Empty of the first one: the exception itself, which its event names.
  std::string_view type;
  std::string_view message;
  std::vector<StackFrame> frames;  // The innermost first.
  int64_t omitted = 0;             // Frames beyond the limit.
};

// The exception and, behind each, the one that caused it. Never empty; an
// unknown language has no frames. Views point into `text`.
std::vector<StackTrace> ReadStackTrace(StackLanguage language,
                                       std::string_view text);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_STACK_TRACE_H_
