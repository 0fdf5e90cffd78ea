// Lines in a file that begins anew when it is large: "audit.log" becomes
// "audit.1.log", that "audit.2.log", and so on; the oldest goes.
//
// Threads: thread-safe.
#ifndef ROENTGEN_BASE_ROTATING_FILE_H_
#define ROENTGEN_BASE_ROTATING_FILE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace roentgen {

class RotatingFile {
 public:
  // Goes on where the file ends. Only its owner can read it. `files_max` counts
  // the others. Unavailable when it cannot be opened.
  static absl::StatusOr<std::unique_ptr<RotatingFile>> Open(
      const std::string& path, size_t bytes_max, size_t files_max);
  ~RotatingFile();
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // Writes `line` and its end, and hands both to the system. Unavailable when
  // the disk does not take them.
  absl::Status Append(std::string_view line);

 private:
  class Sink;
  explicit RotatingFile(std::unique_ptr<Sink> sink);

  const std::unique_ptr<Sink> sink_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_ROTATING_FILE_H_
