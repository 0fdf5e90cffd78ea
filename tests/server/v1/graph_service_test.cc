// The service map and groups in gRPC, over the in-memory engine, through real
// sockets.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "roentgen/v1/graph_service.grpc.pb.h"
#include "roentgen/v1/group_service.grpc.pb.h"
#include "server/rpc/grpc_server.h"
#include "server/v1/v1_services.h"
#include "tests/server/space/test_space.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing_support::TraceNumber;

constexpr int64_t kBase = 1'700'000'100;

class GraphServiceTest : public testing::Test {
 protected:
  GraphServiceTest() {
    GrpcServerOptions options;
    options.listen = {{"127.0.0.1", 0}};
    server_ = std::make_unique<GrpcServer>(
        space_.workers(), space_->call_limits(), std::move(options));
    AddV1Services(*server_, {.spaces = space_.spaces()});
    EXPECT_TRUE(server_->Start().ok());
    const auto channel =
        grpc::CreateChannel(server_->addresses().at(0).ToString(),
                            grpc::InsecureChannelCredentials());
    stub_ = v1::GraphService::NewStub(channel);
    groups_ = v1::GroupService::NewStub(channel);
  }

  // A call of "pay", of half a second, that ends `at` seconds after kBase.
  void Put(uint64_t trace, int64_t at, bool fault = false) {
    const absl::Status written = WriteAndWait(
        space_->engine(), {testing_support::Record(testing_support::SegmentSpec{
                              .trace = trace,
                              .start = static_cast<double>(kBase + at) - 0.5,
                              .seconds = 0.5,
                              .name = "pay",
                              .extra = fault ? R"("fault":true,)" : ""})});
    ASSERT_TRUE(written.ok()) << written;
  }
  static void SetWindow(int64_t begin, int64_t end, v1::GraphWindow* window) {
    window->mutable_start_time()->set_seconds(kBase + begin);
    window->mutable_end_time()->set_seconds(kBase + end);
  }
  v1::GetServiceGraphResponse Graph(const v1::GetServiceGraphRequest& request) {
    grpc::ClientContext call;
    v1::GetServiceGraphResponse response;
    const grpc::Status status =
        stub_->GetServiceGraph(&call, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  TestSpace space_;
  std::unique_ptr<GrpcServer> server_;
  std::unique_ptr<v1::GraphService::Stub> stub_;
  std::unique_ptr<v1::GroupService::Stub> groups_;
};

TEST_F(GraphServiceTest, AServiceGraph) {
  Put(1, 10);
  Put(2, 20, true);
  v1::GetServiceGraphRequest request;
  SetWindow(0, 60, request.mutable_window());
  v1::ServiceGraph graph = Graph(request).graph();
  ASSERT_EQ(graph.nodes_size(), 2);
  const v1::GraphNode& pay = graph.nodes(0);
  EXPECT_EQ(pay.service().name(), "pay");
  EXPECT_TRUE(pay.root());
  EXPECT_EQ(pay.state(), v1::NODE_STATE_ACTIVE);
  EXPECT_EQ(pay.start_time().seconds(), kBase + 10);
  EXPECT_EQ(pay.end_time().seconds(), kBase + 21);
  EXPECT_EQ(pay.calls().total_count(), 2);
  EXPECT_EQ(pay.calls().fault_count(), 1);
  EXPECT_EQ(pay.calls().total_response_time().seconds(), 1);
  EXPECT_EQ(pay.calls().p99().nanos(), 500'000'000);
  EXPECT_EQ(pay.calls().response_times_size(), 0);
  const v1::GraphNode& client = graph.nodes(1);
  EXPECT_EQ(client.service().type(), "client");
  EXPECT_FALSE(client.has_calls());
  ASSERT_EQ(client.edges_size(), 1);
  EXPECT_EQ(client.edges(0).target(), 0);
  EXPECT_EQ(client.edges(0).calls().ok_count(), 1);

  request.set_histograms(true);
  graph = Graph(request).graph();
  ASSERT_EQ(graph.nodes(0).calls().response_times_size(), 1);
  EXPECT_EQ(graph.nodes(0).calls().response_times(0).count(), 2);
  EXPECT_EQ(graph.nodes(0).durations_size(), 1);

  request.mutable_selection()->set_filter_expression("fault");
  const v1::GetServiceGraphResponse filtered = Graph(request);
  EXPECT_EQ(filtered.graph().nodes(0).calls().total_count(), 1);
  EXPECT_EQ(filtered.progress().matched_count(), 1);
  EXPECT_EQ(filtered.progress().examined_count(), 2);
}

TEST_F(GraphServiceTest, AStreamTellsItsProgress) {
  for (uint64_t trace = 1; trace <= 600; ++trace) Put(trace, 10);
  v1::GetServiceGraphRequest request;
  SetWindow(0, 60, request.mutable_window());
  request.mutable_selection()->set_filter_expression("ok");
  grpc::ClientContext call;
  const auto reader = stub_->StreamServiceGraph(&call, request);
  v1::StreamServiceGraphResponse message;
  int64_t examined = -1;
  int responses = 0;
  while (reader->Read(&message)) {
    if (message.has_progress()) {
      EXPECT_EQ(responses, 0);
      EXPECT_GT(message.progress().examined_count(), examined);
      examined = message.progress().examined_count();
      EXPECT_EQ(message.progress().to_examine_count(), 600);
    } else {
      ++responses;
      EXPECT_EQ(message.response().graph().nodes(0).calls().total_count(), 600);
      EXPECT_EQ(message.response().progress().examined_count(), 600);
    }
  }
  const grpc::Status status = reader->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(responses, 1);
}

TEST_F(GraphServiceTest, AStreamSaysWhatIsWrong) {
  const auto refusal = [&](const v1::GetServiceGraphRequest& request) {
    grpc::ClientContext call;
    const auto reader = stub_->StreamServiceGraph(&call, request);
    v1::StreamServiceGraphResponse message;
    EXPECT_FALSE(reader->Read(&message));
    const grpc::Status status = reader->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  v1::GetServiceGraphRequest request;
  EXPECT_THAT(refusal(request), HasSubstr("window.start_time"));
  SetWindow(0, 60, request.mutable_window());
  request.mutable_selection()->set_filter_expression("nonsense");
  EXPECT_THAT(refusal(request), HasSubstr("Error Location"));
}

TEST_F(GraphServiceTest, GraphsOfTraces) {
  Put(1, 10);
  v1::GetTraceGraphRequest request;
  request.add_trace_ids(TraceNumber(1).ToString());
  v1::GetTraceGraphResponse response;
  {
    grpc::ClientContext call;
    ASSERT_TRUE(stub_->GetTraceGraph(&call, request, &response).ok());
  }
  ASSERT_EQ(response.graph().nodes_size(), 2);
  EXPECT_FALSE(response.graph().nodes(0).has_start_time());
  grpc::ClientContext call;
  request.clear_trace_ids();
  EXPECT_EQ(stub_->GetTraceGraph(&call, request, &response).error_message(),
            "Zero trace ids provided");
}

TEST_F(GraphServiceTest, ATimeSeries) {
  Put(1, 10);
  Put(2, 70, true);
  v1::GetTimeSeriesRequest request;
  request.mutable_start_time()->set_seconds(kBase);
  request.mutable_end_time()->set_seconds(kBase + 300);
  request.set_entity_selector_expression("service(id(name: \"pay\"))");
  request.set_forecast(true);
  v1::GetTimeSeriesResponse response;
  const auto get = [&] {
    grpc::ClientContext call;
    return stub_->GetTimeSeries(&call, request, &response);
  };
  ASSERT_TRUE(get().ok());
  ASSERT_EQ(response.points_size(), 2);
  EXPECT_FALSE(response.of_edges());
  EXPECT_EQ(response.points(0).end_time().seconds(), kBase + 120);
  EXPECT_EQ(response.points(0).calls().fault_count(), 1);
  EXPECT_EQ(response.points(1).forecast().fault_count_high(), 2);
  request.set_period_seconds(7);
  EXPECT_EQ(get().error_message(), "Time period must be one of [60, 300]");
  request.mutable_selection()->set_filter_expression("ok");
  EXPECT_THAT(get().error_message(), HasSubstr("selection.filter_expression"));
  request.clear_selection();
  request.set_entity_selector_expression(std::string(501, 'a'));
  EXPECT_THAT(get().error_message(), HasSubstr("at most 500"));
}

TEST_F(GraphServiceTest, ComparesWindows) {
  Put(1, 10);
  v1::CompareGraphsRequest request;
  SetWindow(0, 60, request.mutable_after());
  SetWindow(-60, 0, request.mutable_before());
  v1::CompareGraphsResponse response;
  {
    grpc::ClientContext call;
    ASSERT_TRUE(stub_->CompareGraphs(&call, request, &response).ok());
  }
  ASSERT_EQ(response.changes_size(), 2);
  EXPECT_EQ(response.changes(0).kind(), v1::CHANGE_KIND_APPEARED);
  EXPECT_EQ(response.changes(0).after().total_count(), 1);
  EXPECT_EQ(response.changes(1).source().type(), "client");
  request.clear_before();
  grpc::ClientContext call;
  EXPECT_THAT(stub_->CompareGraphs(&call, request, &response).error_message(),
              HasSubstr("before.start_time"));
}

TEST_F(GraphServiceTest, AGroupsLife) {
  v1::Group group;
  {
    grpc::ClientContext call;
    v1::CreateGroupRequest request;
    request.set_name("faults");
    request.set_filter_expression("fault");
    ASSERT_TRUE(groups_->CreateGroup(&call, request, &group).ok());
    EXPECT_THAT(group.arn(), HasSubstr("group/faults/"));
  }
  Put(1, 10);
  Put(2, 10, true);
  v1::GetServiceGraphRequest graph;
  SetWindow(0, 60, graph.mutable_window());
  graph.mutable_selection()->set_group_name("faults");
  EXPECT_EQ(Graph(graph).graph().nodes(0).calls().total_count(), 1);
  {
    grpc::ClientContext call;
    v1::UpdateGroupRequest request;
    request.set_name("faults");
    request.set_filter_expression("ok");
    ASSERT_TRUE(groups_->UpdateGroup(&call, request, &group).ok());
    EXPECT_EQ(group.filter_expression(), "ok");
  }
  {
    grpc::ClientContext call;
    v1::ListGroupsResponse response;
    ASSERT_TRUE(groups_->ListGroups(&call, {}, &response).ok());
    ASSERT_EQ(response.groups_size(), 2);
    EXPECT_EQ(response.groups(0).name(), "Default");
    EXPECT_EQ(response.groups(1).filter_expression(), "ok");
  }
  v1::DeleteGroupRequest request;
  request.set_name("faults");
  v1::DeleteGroupResponse response;
  {
    grpc::ClientContext call;
    ASSERT_TRUE(groups_->DeleteGroup(&call, request, &response).ok());
  }
  grpc::ClientContext call;
  EXPECT_EQ(groups_->DeleteGroup(&call, request, &response).error_message(),
            "Group not found");
}

}  // namespace
}  // namespace roentgen::server
