// Structured log lines on standard error: one event, one line.
//
//   LogInfo("listening", {{"address", "127.0.0.1:2000"}, {"protocol", "udp"}});
//
// Text:  2026-01-31T12:00:00.000Z INFO listening address=127.0.0.1:2000
// JSON:  {"time":"2026-...","level":"info","message":"listening",...}
//
// Threads: thread-safe, except SetUpLog.
#ifndef ROENTGEN_BASE_LOG_H_
#define ROENTGEN_BASE_LOG_H_

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace roentgen {

enum class LogLevel { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat { kText, kJson };

// A named value of a log line. Borrows its strings: build it in the call.
struct LogField {
  std::string_view key;
  std::variant<std::string_view, int64_t, double, bool> value;

  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, const std::string& v)
      : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, const char* v)
      : key(k), value(std::string_view(v)) {}
  LogField(std::string_view k, double v) : key(k), value(v) {}
  LogField(std::string_view k, bool v) : key(k), value(v) {}
  template <std::integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view k, T v)
      : key(k), value(static_cast<int64_t>(v)) {}
};
using LogFields = std::initializer_list<LogField>;

// Lines below `level` are not written. Until the first call: text, from info.
// Call before other threads start.
void SetUpLog(LogLevel level, LogFormat format);

void Log(LogLevel level, std::string_view message, LogFields fields);

inline void LogDebug(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarn(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kWarn, message, fields);
}
inline void LogError(std::string_view message, LogFields fields = {}) {
  Log(LogLevel::kError, message, fields);
}

// One line as Log writes it, without the time; for tests.
std::string FormatLogLine(LogFormat format, LogLevel level,
                          std::string_view message, LogFields fields);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_LOG_H_
