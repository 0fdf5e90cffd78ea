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

absl::Status OwnCopy(const absl::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status own(status.code(), status.message());
  return IsPrivate(status) ? PrivateStatus(std::move(own)) : own;
}

}  // namespace roentgen
