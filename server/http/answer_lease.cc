#include "server/http/answer_lease.h"

#include <utility>

#include "base/call.h"
#include "base/status_macros.h"

namespace roentgen::server {

AnswerLease::AnswerLease(const HttpRequest& request, const CallLimits& limits,
                         absl::Time deadline)
    : lease_(std::make_shared<MemoryLease>(request.answers, request.caller)),
      call_(limits.Until(deadline, request.cancelled,
                         [this](size_t bytes) { return CheckRoom(bytes); })) {}

absl::Status AnswerLease::CheckRoom(size_t bytes) {
  RTG_RETURN_IF_ERROR(call_.Check());
  if (lease_->GrowOrOverdraw(bytes)) return absl::OkStatus();
  return absl::UnavailableError(
      "there is no memory for the answer just now (memory.answers); "
      "ask again, or for less");
}

void AnswerLease::MoveTo(HttpResponse& response) {
  lease_->ShrinkTo(response.body.capacity());
  response.lease = std::move(lease_);
}

}  // namespace roentgen::server
