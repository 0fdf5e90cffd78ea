// The memory of an answer while it is built: it counts against the server's
// budget of answers as it grows, and goes with the answer until it is sent.
//
//   AnswerLease lease(request, services.calls, deadline);
//   RTG_ASSIGN_OR_RETURN(response.body, api.Find(query, lease.call()));
//   lease.MoveTo(response);
//
// Threads: one thread at a time.
#ifndef ROENTGEN_SERVER_HTTP_ANSWER_LEASE_H_
#define ROENTGEN_SERVER_HTTP_ANSWER_LEASE_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/memory_budget.h"
#include "server/http/http_message.h"

namespace roentgen::server {

class AnswerLease {
 public:
  AnswerLease(const HttpRequest& request, const CallLimits& limits,
              absl::Time deadline);
  AnswerLease(const AnswerLease&) = delete;
  AnswerLease& operator=(const AnswerLease&) = delete;

  // Says Unavailable when the budget has no room.
  const Call& call() const { return call_; }
  void MoveTo(HttpResponse& response);

 private:
  absl::Status CheckRoom(size_t bytes);

  std::shared_ptr<MemoryLease> lease_;
  const Call call_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ANSWER_LEASE_H_
