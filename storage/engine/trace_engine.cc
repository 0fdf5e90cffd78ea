#include "storage/engine/trace_engine.h"

#include <future>
#include <utility>

namespace roentgen::storage {

absl::Status WriteAndWait(TraceEngine& engine, std::vector<NewRecord> records,
                          Durability durability, absl::Time deadline) {
  std::promise<absl::Status> promise;
  std::future<absl::Status> result = promise.get_future();
  engine.Write(std::move(records), durability, deadline,
               [&promise](absl::Status s) { promise.set_value(std::move(s)); });
  return result.get();
}

}  // namespace roentgen::storage
