// Runs what answers a request on the workers for reads.
//
// Threads: the returned handler is thread-safe if `answer` is.
#ifndef ROENTGEN_SERVER_HTTP_ON_WORKER_H_
#define ROENTGEN_SERVER_HTTP_ON_WORKER_H_

#include <functional>

#include "base/worker_pool.h"
#include "server/http/http_message.h"
#include "server/http/http_router.h"

namespace roentgen::server {

using Answer = std::function<HttpResponse(HttpRequest&)>;

// `prepare` runs at once, on the thread that read the request: what it returns
// is called on a worker. Deadlines it takes count the wait there. 429 when too
// many wait. `workers` outlives the handler.
HttpHandler OnWorker(WorkerPool& workers, std::function<Answer()> prepare);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ON_WORKER_H_
