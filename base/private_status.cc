#include "base/private_status.h"

#include <utility>

#include "absl/strings/cord.h"

namespace roentgen {
namespace {

constexpr char kMark[] = "roentgen/private";

}  // namespace

absl::Status PrivateStatus(absl::Status status) {
  status.SetPayload(kMark, absl::Cord());
  return status;
}

bool IsPrivate(const absl::Status& status) {
  return status.GetPayload(kMark).has_value();
}

}  // namespace roentgen
