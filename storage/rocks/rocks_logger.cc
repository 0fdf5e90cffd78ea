#include "storage/rocks/rocks_logger.h"

#include <cstdarg>
#include <cstdio>
#include <string_view>

#include "base/log.h"

namespace roentgen::storage {
namespace {

class RocksLogger : public rocksdb::Logger {
 public:
  RocksLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}

  using rocksdb::Logger::Logv;
  void Logv(const rocksdb::InfoLogLevel level, const char* format,
            va_list arguments) override {
    if (level < rocksdb::InfoLogLevel::WARN_LEVEL ||
        level >= rocksdb::InfoLogLevel::HEADER_LEVEL) {
      return;
    }
    Logv(format, arguments);
  }
  void Logv(const char* format, va_list arguments) override {
    // A checkpoint says it each time, for it asks for that twice.
    if (std::string_view(format).find("File Deletions") !=
        std::string_view::npos) {
      return;
    }
    char text[512];
    std::vsnprintf(text, sizeof(text), format, arguments);
    LogWarn("rocksdb", {{"text", static_cast<const char*>(text)}});
  }
};

}  // namespace

std::shared_ptr<rocksdb::Logger> MakeRocksLogger() {
  return std::make_shared<RocksLogger>();
}

}  // namespace roentgen::storage
