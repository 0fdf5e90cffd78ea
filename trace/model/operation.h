// What OpenTelemetry and Jaeger call an operation: the spans of one service
// that have one name and kind. Segments and subsegments are spans, too.
//
// Threads: plain values; pure functions.
#ifndef ROENTGEN_TRACE_MODEL_OPERATION_H_
#define ROENTGEN_TRACE_MODEL_OPERATION_H_

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
  // False: the service does not say its name, and has that of the setting.
  bool named = true;

  friend auto operator<=>(const Operation&, const Operation&) = default;
};

// As one text of a dictionary: service, name, kind, joined by zero bytes, and a
// fourth part where the service is not named. A zero byte within them is
// escaped. Names are cut to limits::kOperationNameBytesMax bytes.
std::string OperationKeyOf(std::string_view service, std::string_view name,
                           std::string_view kind, bool named = true);
void AppendOperationKey(std::string_view service, std::string_view name,
                        std::string_view kind, bool named, std::string& key);
// Takes any bytes.
Operation SplitOperationKey(std::string_view key);

// What keys of one service, and only they, begin with: its name as keys have
// it, and the zero byte behind it.
std::string_view ServicePartOf(std::string_view key);
// The name in such a part.
std::string ServiceOfPart(std::string_view part);

// Keys that stand for operations which are not told one by one, because a trace
// has too many: any of that service, and any at all.
std::string AnyOperationOf(std::string_view service);
std::string AnyOperation();
bool IsAnyOperation(std::string_view key);
// Whether that key stands for operations of the service, which is cut as in
// keys.
bool StandsFor(std::string_view any_key, std::string_view service);

// What two services have to do with each other.
enum class CallKind : uint8_t {
  // Spans of the first are parents of spans of the second.
  kOfSpans,
  // The first called the second by the rules of Zipkin's linker, which knows
  // whoever sent no span from the other one's word ("peer.service"): brokers,
  // databases, whoever is not instrumented.
  kOfPeer,
  // No call: the first one's spans name the second as their other side.
  kNames,
};
// The two names, and the kind.
std::string CallKeyOf(CallKind kind, std::string_view first,
                      std::string_view second);
void AppendCallKey(CallKind kind, std::string_view first,
                   std::string_view second, std::string& key);
// Both take any bytes.
std::pair<std::string, std::string> SplitCallKey(std::string_view key);
CallKind CallKindOf(std::string_view key);

// Which of them are asked for; kWithPeers: those of Zipkin's linker.
enum class CallSet : uint8_t { kSpans, kWithPeers, kNames };
bool IsIn(CallSet set, CallKind kind);

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

#endif  // ROENTGEN_TRACE_MODEL_OPERATION_H_
