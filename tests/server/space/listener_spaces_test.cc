// Two spaces behind two listeners of one HTTP server: whoever calls by the one
// sees nothing of the other.
#include <memory>
#include <string>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "server/http/http_router.h"
#include "server/http/http_server.h"
#include "server/space/space_set.h"
#include "server/xray/xray_handlers.h"
#include "tests/server/http/test_client.h"
#include "tests/server/space/test_space.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string PutOf(const std::string& id) {
  return R"({"TraceSegmentDocuments":["{\"name\":\"shop\",\"id\":\")" + id +
         R"(\",\"trace_id\":\"1-66f01000-0123456789abcdef01234567\",)" +
         R"(\"start_time\":1727008768.1,\"end_time\":1727008768.35}"]})";
}

constexpr char kGet[] =
    R"({"TraceIds":["1-66f01000-0123456789abcdef01234567"]})";

class ListenerSpacesTest : public testing::Test {
 protected:
  ListenerSpacesTest() {
    spaces_.Add("first", *first_);
    spaces_.Add("second", *second_);
    EXPECT_TRUE(server_.Start({Listening("first"), Listening("second")}).ok());
  }

  HttpListener Listening(const std::string& space) {
    auto router = std::make_shared<HttpRouter>();
    ApiServices services = first_.Services();
    services.spaces = ListenerSpaces(*spaces_.Find(space));
    AddXrayRoutes(*router, services);
    return {.address = {"127.0.0.1", 0}, .router = router};
  }
  std::string Call(size_t listener, std::string_view path,
                   std::string_view body) {
    TestClient client(server_.addresses()[listener].port);
    client.Send(Post(path, body));
    return client.Read().body;
  }

  TestSpace first_;
  TestSpace second_;
  SpaceSet spaces_;
  HttpServer server_{{}, SystemClock()};
};

TEST_F(ListenerSpacesTest, CallersReachTheSpaceOfTheirListener) {
  constexpr char kTaken[] = R"({"UnprocessedTraceSegments":[]})";
  EXPECT_EQ(Call(0, "/TraceSegments", PutOf("a1b2c3d4e5f60718")), kTaken);
  EXPECT_THAT(Call(0, "/Traces", kGet), HasSubstr("a1b2c3d4e5f60718"));
  EXPECT_THAT(Call(1, "/Traces", kGet), Not(HasSubstr("a1b2c3d4e5f60718")));
  // Of the same trace.
  EXPECT_EQ(Call(1, "/TraceSegments", PutOf("0807060504030201")), kTaken);
  EXPECT_THAT(Call(1, "/Traces", kGet), HasSubstr("0807060504030201"));
  EXPECT_THAT(Call(0, "/Traces", kGet), Not(HasSubstr("0807060504030201")));
}

TEST_F(ListenerSpacesTest, SpacesHaveNames) {
  EXPECT_EQ(spaces_.Find("first"), &*first_);
  EXPECT_EQ(spaces_.Find("second"), &*second_);
  EXPECT_EQ(spaces_.Find("third"), nullptr);
  EXPECT_EQ(spaces_.Find(""), nullptr);
  EXPECT_EQ(&ListenerSpaces(*second_).Of(Principal()), &*second_);
}

}  // namespace
}  // namespace roentgen::server
