#include "server/v1/check_service.h"

#include <atomic>

#include "absl/cleanup/cleanup.h"
#include "base/status_macros.h"
#include "roentgen/v1/check_service.grpc.pb.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/unary_read.h"
#include "server/v1/check_convert.h"
#include "storage/engine/check_report.h"

namespace roentgen::server {
namespace {

class CheckService : public v1::CheckService::CallbackService {
 public:
  explicit CheckService(const V1Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* CheckStore(
      grpc::CallbackServerContext* call, const v1::CheckStoreRequest*,
      v1::CheckStoreResponse* response) override {
    return Guarded(context_, call, "CheckStore", [&](const Principal& caller) {
      auto* store =
          storage::CheckedStore::Of(context_.spaces.Of(caller).engine());
      // A read of the API ends sooner.
      const absl::Time deadline = DeadlineOf(*call);
      auto work = [this, store, deadline,
                   response](const Call& read) -> absl::StatusOr<size_t> {
        if (store == nullptr) {
          return absl::UnimplementedError(
              "this server keeps its traces in memory: no files to check");
        }
        // Each reads all that there is, with the memory of a large batch.
        if (running_.exchange(true)) {
          return absl::ResourceExhaustedError(
              "another check of this server is under way");
        }
        const absl::Cleanup ended = [this] { running_ = false; };
        const Call whole(read.clock(), deadline, read.memory_bytes_max(),
                         read.cancelled(), {});
        RTG_ASSIGN_OR_RETURN(const storage::CheckReport report,
                             store->Check({}, whole));
        ToProto(report, response);
        return response->SpaceUsedLong();
      };
      return StartUnaryRead(context_, call,
                            Audited(context_, call, "CheckStore", caller,
                                    nullptr, std::move(work)));
    });
  }

 private:
  const V1Context& context_;
  std::atomic<bool> running_ = false;
};

}  // namespace

std::unique_ptr<grpc::Service> NewCheckService(const V1Context& context) {
  return std::make_unique<CheckService>(context);
}

}  // namespace roentgen::server
