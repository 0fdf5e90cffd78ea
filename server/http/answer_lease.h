// The memory of an answer while it is built: it counts against the server's
// budget of requests as it grows, and goes with the answer until it is sent.
//
//   AnswerLease lease(request, clock, deadline);
//   RTG_ASSIGN_OR_RETURN(response.body, api.Find(query, lease.control()));
//   lease.MoveTo(response);
//
// Threads: one thread at a time.
#ifndef ROENTGEN_SERVER_HTTP_ANSWER_LEASE_H_
#define ROENTGEN_SERVER_HTTP_ANSWER_LEASE_H_

#include <cstddef>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/memory_budget.h"
#include "server/answer_control.h"
#include "server/http/http_message.h"

namespace roentgen::server {

class AnswerLease {
 public:
  // `clock` outlives this object.
  AnswerLease(const HttpRequest& request, const Clock& clock,
              absl::Time deadline);
  AnswerLease(const AnswerLease&) = delete;
  AnswerLease& operator=(const AnswerLease&) = delete;

  // Says Unavailable when the budget has no room.
  const AnswerControl& control() const { return control_; }
  void MoveTo(HttpResponse& response);

 private:
  absl::Status HasRoom(size_t bytes);

  const Clock& clock_;
  const absl::Time deadline_;
  std::shared_ptr<MemoryLease> lease_;
  const AnswerControl control_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ANSWER_LEASE_H_
