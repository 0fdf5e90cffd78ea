#include "server/http/answer_lease.h"

#include <utility>

#include "base/call_control.h"
#include "base/status_macros.h"

namespace roentgen::server {

AnswerLease::AnswerLease(const HttpRequest& request, const Clock& clock,
                         absl::Time deadline)
    : clock_(clock),
      deadline_(deadline),
      lease_(std::make_shared<MemoryLease>(request.lease.Another())),
      control_(deadline, [this](size_t bytes) { return HasRoom(bytes); }) {}

absl::Status AnswerLease::HasRoom(size_t bytes) {
  RTG_RETURN_IF_ERROR(CallControl(deadline_).Check(clock_));
  if (lease_->GrowOrOverdraw(bytes)) return absl::OkStatus();
  return absl::UnavailableError(
      "there is no memory for the answer just now (memory.request_buffers); "
      "ask again, or for less");
}

void AnswerLease::MoveTo(HttpResponse& response) {
  lease_->ShrinkTo(response.body.capacity());
  response.lease = std::move(lease_);
}

}  // namespace roentgen::server
