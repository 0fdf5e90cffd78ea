// What OpenTelemetry and Jaeger call an operation: the spans of one service
// that have one name and kind. Segments and subsegments are spans, too.
//
// Threads: plain values; pure functions.
#ifndef ROENTGEN_STORAGE_MODEL_OPERATION_H_
#define ROENTGEN_STORAGE_MODEL_OPERATION_H_

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace roentgen::storage {

struct Operation {
  std::string service;
  std::string name;
  // "internal", "server", "client", "producer", "consumer"; empty: unspecified.
  std::string kind;

  friend auto operator<=>(const Operation&, const Operation&) = default;
};

// As one text of a dictionary: service, name, kind, joined by zero bytes. A
// zero byte within them is escaped. Names are cut to
// limits::kOperationNameBytesMax bytes.
std::string OperationKeyOf(std::string_view service, std::string_view name,
                           std::string_view kind);
// Takes any bytes.
Operation SplitOperationKey(std::string_view key);

// Caller and callee, likewise.
std::string CallKeyOf(std::string_view caller, std::string_view callee);
std::pair<std::string, std::string> SplitCallKey(std::string_view key);

// Likewise where one of the two sent no span and is known from the other one's
// word ("peer.service"). Such a key is never that of two services with spans.
std::string PeerCallKeyOf(std::string_view caller, std::string_view callee);
bool IsPeerCallKey(std::string_view key);

// Calls to and from services that sent no span: brokers, databases, whoever is
// not instrumented.
enum class PeerCalls : uint8_t { kLeftOut, kCounted };

// How spans of one service were parents of spans of another, or of its own.
struct CallCount {
  uint64_t calls = 0;
  uint64_t errors = 0;  // Calls whose callee failed.

  friend bool operator==(const CallCount&, const CallCount&) = default;
};
// By caller and callee.
using ServiceCalls = std::map<std::pair<std::string, std::string>, CallCount>;

// A duration in nanoseconds on a scale of 8 steps per factor of two: for
// durations a <= b, DurationCode(a) <= DurationCode(b). 0 for none and less.
int64_t DurationCode(int64_t ns);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MODEL_OPERATION_H_
