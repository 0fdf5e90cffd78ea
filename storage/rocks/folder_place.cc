#include "storage/rocks/folder_place.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/status/statusor.h"
#include "base/status_macros.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

absl::Status NotTold(const fs::path& path, const std::error_code& error) {
  return absl::UnavailableError("folder " + path.string() +
                                " cannot be looked at: " + error.message());
}

// Without links, and without a slash at its end.
absl::StatusOr<fs::path> RealPath(const std::string& path) {
  std::error_code error;
  fs::path real = fs::absolute(path, error);
  if (!error) real = fs::weakly_canonical(real, error);
  if (error) return NotTold(path, error);
  return real.has_filename() ? real : real.parent_path();
}

}  // namespace

absl::Status CheckIsInNoStore(const std::string& path) {
  RTG_ASSIGN_OR_RETURN(const fs::path real, RealPath(path));
  for (fs::path in = real; in != in.root_path();) {
    in = in.parent_path();
    for (const char* name : {"CURRENT", "IDENTITY"}) {
      std::error_code error;
      const fs::file_status found = fs::status(in / name, error);
      // Also where the rest of the path is not there yet.
      if (found.type() == fs::file_type::not_found) continue;
      if (error) return NotTold(in, error);
      return absl::FailedPreconditionError(
          "folder " + path + " would be in " + in.string() +
          ", which holds a store (its file " + name +
          "); give a folder outside of it");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckIsNotIn(const std::string& path, const std::string& folder) {
  RTG_ASSIGN_OR_RETURN(const fs::path inner, RealPath(path));
  RTG_ASSIGN_OR_RETURN(const fs::path outer, RealPath(folder));
  if (std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end())
          .first != outer.end()) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError("folder " + path + " is in folder " +
                                       folder + ", which is for backups alone");
}

}  // namespace roentgen::storage
