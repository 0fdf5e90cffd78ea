#include "base/rotating_file.h"

#include <sys/stat.h>

#include <cstdio>
#include <utility>

#include "spdlog/sinks/rotating_file_sink.h"

namespace roentgen {
namespace {

spdlog::file_event_handlers OwnersOnly() {
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
    fchmod(fileno(file), S_IRUSR | S_IWUSR);
  };
  return handlers;
}

}  // namespace

class RotatingFile::Sink {
 public:
  Sink(const std::string& path, size_t bytes_max, size_t files_max)
      : sink_(path, bytes_max, files_max, false, OwnersOnly()) {
    sink_.set_pattern("%v");
  }
  void Append(std::string_view line) {
    sink_.log({"", spdlog::level::info,
               spdlog::string_view_t(line.data(), line.size())});
    sink_.flush();
  }

 private:
  spdlog::sinks::rotating_file_sink_mt sink_;
};

RotatingFile::RotatingFile(std::unique_ptr<Sink> sink)
    : sink_(std::move(sink)) {}
RotatingFile::~RotatingFile() = default;

absl::StatusOr<std::unique_ptr<RotatingFile>> RotatingFile::Open(
    const std::string& path, size_t bytes_max, size_t files_max) {
  try {
    return std::unique_ptr<RotatingFile>(
        new RotatingFile(std::make_unique<Sink>(path, bytes_max, files_max)));
  } catch (const spdlog::spdlog_ex& e) {
    return absl::UnavailableError(e.what());
  }
}

absl::Status RotatingFile::Append(std::string_view line) {
  try {
    sink_->Append(line);
  } catch (const spdlog::spdlog_ex& e) {
    return absl::UnavailableError(e.what());
  }
  return absl::OkStatus();
}

}  // namespace roentgen
