#include "server/config/private_file.h"

#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace roentgen::server {

absl::StatusOr<std::string> ReadPrivateFile(const std::string& path,
                                            std::string_view what,
                                            size_t bytes_max) {
  struct stat about = {};
  std::ifstream file(path, std::ios::binary);
  if (!file || ::stat(path.c_str(), &about) != 0 || S_ISDIR(about.st_mode)) {
    return absl::NotFoundError("cannot read the " + std::string(what) + " '" +
                               path + "'");
  }
  if (about.st_size > static_cast<off_t>(bytes_max)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": must have at most ", bytes_max, " bytes"));
  }
  if ((about.st_mode & S_IROTH) != 0) {
    LogWarn("anybody on this machine can read the secrets in a file",
            {{"file", path}});
  }
  std::ostringstream text;
  if (!(text << file.rdbuf())) {
    return absl::InvalidArgumentError(path + ": cannot be read, or is empty");
  }
  return text.str();
}

}  // namespace roentgen::server
