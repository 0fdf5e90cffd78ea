#include "server/http/on_worker.h"

#include <memory>
#include <utility>

#include "absl/time/time.h"

namespace roentgen::server {

HttpHandler OnWorker(WorkerPool& workers, std::function<Answer()> prepare) {
  return [&workers, prepare = std::move(prepare)](HttpRequest request,
                                                  HttpResponder responder) {
    auto shared = std::make_shared<HttpRequest>(std::move(request));
    const bool accepted = workers.TryStart(
        [answer = prepare(), shared, responder] {
          // Nobody waits for it any more.
          if (shared->cancelled.stop_requested()) return;
          responder.Send(answer(*shared));
        },
        {.caller = shared->caller, .at_stop = WorkerPool::AtStop::kDrop});
    if (accepted) return;
    responder.SendError({.http_status = 429,
                         .name = "ThrottledException",
                         .message = "Too many requests are waiting.",
                         .retry_after = absl::Seconds(1)});
  };
}

}  // namespace roentgen::server
