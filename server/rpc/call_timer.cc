#include "server/rpc/call_timer.h"

#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <string_view>
#include <utility>

namespace roentgen::server {
namespace {

using Clock = std::chrono::steady_clock;
using grpc::experimental::InterceptionHookPoints;

class CallTimer : public grpc::experimental::Interceptor {
 public:
  CallTimer(const GrpcObserver& observer, std::string_view method)
      : observer_(observer), method_(method.substr(method.rfind('/') + 1)) {}

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override {
    if (batch->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      observer_({.method = method_,
                 .code = batch->GetSendStatus().error_code(),
                 .duration = absl::FromChrono(Clock::now() - begin_)});
    }
    batch->Proceed();
  }

 private:
  const GrpcObserver& observer_;
  const std::string method_;
  const Clock::time_point begin_ = Clock::now();
};

class CallTimerFactory
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallTimerFactory(GrpcObserver observer)
      : observer_(std::move(observer)) {}

  // gRPC owns the result.
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    return std::make_unique<CallTimer>(observer_, info->method()).release();
  }

 private:
  const GrpcObserver observer_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
MakeCallTimer(GrpcObserver observer) {
  return std::make_unique<CallTimerFactory>(std::move(observer));
}

}  // namespace roentgen::server
