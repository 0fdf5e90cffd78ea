#include "base/log.h"

#include <memory>
#include <type_traits>

#include "base/json_writer.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace roentgen {
namespace {

struct Logger {
  LogFormat format = LogFormat::kText;
  std::shared_ptr<spdlog::logger> sink;
};

// The sink brings the time; the rest of the line is ours.
void SetPattern(Logger& logger) {
  const char* pattern = logger.format == LogFormat::kJson
                            ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ",%v)"
                            : "%Y-%m-%dT%H:%M:%S.%eZ %v";
  logger.sink->set_pattern(pattern, spdlog::pattern_time_type::utc);
}

Logger& GlobalLogger() {
  // Never destroyed: threads may log while the process exits.
  static Logger& logger = *[] {
    auto* made = new Logger;
    made->sink = std::make_shared<spdlog::logger>(
        "roentgen", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->sink->set_level(spdlog::level::info);
    SetPattern(*made);
    return made;
  }();
  return logger;
}

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      break;
  }
  return spdlog::level::off;
}

std::string_view LevelName(LogLevel level, LogFormat format) {
  const bool json = format == LogFormat::kJson;
  switch (level) {
    case LogLevel::kDebug:
      return json ? "debug" : "DEBUG";
    case LogLevel::kInfo:
      return json ? "info" : "INFO";
    case LogLevel::kWarn:
      return json ? "warn" : "WARN";
    case LogLevel::kError:
    case LogLevel::kOff:
      break;
  }
  return json ? "error" : "ERROR";
}

void WriteValue(JsonWriter& json, const LogField& field) {
  std::visit(
      [&](auto value) {
        using T = decltype(value);
        if constexpr (std::is_same_v<T, std::string_view>) {
          json.String(value);
        } else if constexpr (std::is_same_v<T, int64_t>) {
          json.Int(value);
        } else if constexpr (std::is_same_v<T, double>) {
          json.Double(value);
        } else {
          json.Bool(value);
        }
      },
      field.value);
}

// Whether `text` can stand without quotes in a text line.
bool IsBare(std::string_view text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == 0x7F) return false;
  }
  return true;
}

void AppendTextValue(std::string& line, const LogField& field) {
  const auto* text = std::get_if<std::string_view>(&field.value);
  if (text != nullptr && IsBare(*text)) {
    line += *text;
    return;
  }
  JsonWriter value(line);
  WriteValue(value, field);
}

}  // namespace

std::string FormatLogLine(LogFormat format, LogLevel level,
                          std::string_view message, LogFields fields) {
  std::string line;
  if (format == LogFormat::kJson) {
    JsonWriter json(line);
    json.Key("level").String(LevelName(level, format));
    json.Key("message").String(message);
    for (const LogField& field : fields) {
      json.Key(field.key);
      WriteValue(json, field);
    }
    json.EndObject();
    return line;
  }
  line += LevelName(level, format);
  line += ' ';
  line += message;
  for (const LogField& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    std::string value;  // Its own string: a value after '=' is a first value.
    AppendTextValue(value, field);
    line += value;
  }
  return line;
}

void SetUpLog(LogLevel level, LogFormat format) {
  Logger& logger = GlobalLogger();
  logger.format = format;
  logger.sink->set_level(ToSpdlog(level));
  SetPattern(logger);
}

void Log(LogLevel level, std::string_view message, LogFields fields) {
  Logger& logger = GlobalLogger();
  if (!logger.sink->should_log(ToSpdlog(level))) return;
  const std::string line = FormatLogLine(logger.format, level, message, fields);
  logger.sink->log(ToSpdlog(level), spdlog::string_view_t(line));
}

}  // namespace roentgen
