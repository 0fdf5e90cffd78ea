// The service map's operations over the in-memory engine.
#include "query/maps/service_graphs.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/search/group_tests.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

constexpr int64_t kBase = 1'700'000'100;  // A multiple of five minutes.

std::string Http(int status) {
  return R"("http":{"response":{"status":)" + std::to_string(status) + "}},";
}

class ServiceGraphsTest : public testing::Test {
 protected:
  ServiceGraphsTest() {
    GroupCatalogOptions options;
    options.random = [this] { return random_ += 0x9E3779B97F4A7C15; };
    options.clock = &clock_;
    auto opened = GroupCatalog::Open(settings_, std::move(options));
    EXPECT_TRUE(opened.ok()) << opened.status();
    catalog_ = *std::move(opened);
    tests_ = std::make_unique<CatalogGroupTests>(*catalog_);
    engine_.SetGroups(*tests_);
    Open({});
  }

  void Open(ServiceGraphs::Options options) {
    options.groups = catalog_.get();
    graphs_ = std::make_unique<ServiceGraphs>(engine_, options);
  }

  void Put(const SegmentSpec& spec) {
    const absl::Status written =
        WriteAndWait(engine_, {testing_support::Record(spec)});
    ASSERT_TRUE(written.ok()) << written;
  }
  // A root segment that ends `at` seconds after kBase.
  void PutRoot(uint64_t trace, double at, const std::string& name = "shop",
               int status = 200) {
    Put({.trace = trace,
         .start = kBase + at - 0.5,
         .seconds = 0.5,
         .name = name,
         .extra = Http(status)});
  }

  void CreateGroup(const std::string& name, const std::string& expression) {
    const auto made = catalog_->Create({.name = name,
                                        .filter_expression = expression,
                                        .insights = {},
                                        .tags = {}});
    ASSERT_TRUE(made.ok()) << made.status();
  }

  static MapWindow Window(double begin, double end) {
    const auto time = [](double t) {
      return Timestamp{static_cast<int64_t>((kBase + t) * 1e3) * 1'000'000};
    };
    return {.start = time(begin), .end = time(end)};
  }
  static ServiceGraphRequest Request(double begin, double end) {
    ServiceGraphRequest request;
    request.window = Window(begin, end);
    return request;
  }
  static TimeSeriesRequest Series(double begin, double end) {
    TimeSeriesRequest request;
    request.start = Window(begin, end).start;
    request.end = Window(begin, end).end;
    return request;
  }

  ServiceGraphAnswer Graph(const ServiceGraphRequest& request) {
    auto answer = graphs_->Graph(request, testing_support::AnyCall());
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : ServiceGraphAnswer();
  }
  TimeSeriesAnswer Points(const TimeSeriesRequest& request) {
    auto answer = graphs_->TimeSeries(request, testing_support::AnyCall());
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.ok() ? *std::move(answer) : TimeSeriesAnswer();
  }
  // "shop(1) shop:client>0(1)": nodes with their calls, edges with theirs.
  static std::string Text(const ServiceMap& map) {
    std::string out;
    for (const MapNode& node : map.nodes) {
      if (!out.empty()) out += ' ';
      out += node.service.name;
      if (!node.service.type.empty()) out += ':' + node.service.type;
      if (!node.client) {
        out += '(' + std::to_string(node.figures.calls.count()) + ')';
      }
      for (const MapEdge& edge : node.edges) {
        out += (edge.link ? "~" : ">") + std::to_string(edge.target) + '(' +
               std::to_string(edge.figures.calls.count()) + ')';
      }
    }
    return out;
  }
  template <typename T>
  static std::string Refusal(const absl::StatusOr<T>& answer) {
    EXPECT_TRUE(absl::IsInvalidArgument(answer.status())) << answer.status();
    return std::string(answer.status().message());
  }
  std::string GraphRefusal(const ServiceGraphRequest& request) {
    return Refusal(graphs_->Graph(request, testing_support::AnyCall()));
  }
  std::string SeriesRefusal(const TimeSeriesRequest& request) {
    return Refusal(graphs_->TimeSeries(request, testing_support::AnyCall()));
  }

  ManualClock clock_{Timestamp::FromSeconds(kBase + 100'000)};
  storage::MemoryEngine engine_{clock_, absl::Hours(24 * 3'000)};
  storage::MemorySettings settings_;
  uint64_t random_ = 1;
  std::unique_ptr<GroupCatalog> catalog_;
  std::unique_ptr<CatalogGroupTests> tests_;
  std::unique_ptr<ServiceGraphs> graphs_;
};

TEST_F(ServiceGraphsTest, AGraphHasWhatEndedInItsSeconds) {
  PutRoot(1, 10.5);
  PutRoot(2, 20.5, "cart", 500);
  EXPECT_EQ(Text(Graph(Request(0, 60)).map),
            "cart(1) cart:client>0(1) shop(1) shop:client>2(1)");
  // Whole seconds: a start is rounded down, an end up.
  EXPECT_EQ(Text(Graph(Request(10.9, 20)).map), "shop(1) shop:client>0(1)");
  EXPECT_EQ(Text(Graph(Request(11, 20.1)).map), "cart(1) cart:client>0(1)");
  EXPECT_EQ(Text(Graph(Request(11, 20)).map), "");
  EXPECT_EQ(Text(Graph(Request(10, 10)).map), "");
  const ServiceMap map = Graph(Request(0, 60)).map;
  EXPECT_EQ(map.times, (TimeRange{Timestamp::FromSeconds(kBase + 10),
                                  Timestamp::FromSeconds(kBase + 21)}));
  EXPECT_TRUE(map.nodes[0].root);
  EXPECT_EQ(map.nodes[0].figures.calls.fault, 1);
}

TEST_F(ServiceGraphsTest, AGroupHasItsTraces) {
  CreateGroup("faults", "fault");
  const Timestamp before = clock_.Now();
  clock_.Advance(absl::Seconds(1));
  PutRoot(1, 10, "shop");
  PutRoot(2, 10, "cart", 500);
  ServiceGraphRequest request = Request(0, 60);
  request.group.name = "faults";
  EXPECT_EQ(Text(Graph(request).map), "cart(1) cart:client>0(1)");
  EXPECT_FALSE(Graph(request).old_group_versions);
  request.group = {.name = {}, .arn = catalog_->List()[1].arn};
  EXPECT_EQ(Text(Graph(request).map), "cart(1) cart:client>0(1)");
  request.group = {.name = "Default", .arn = {}};
  EXPECT_EQ(Graph(request).map.nodes.size(), 4u);
  request.group.name = "none";
  EXPECT_EQ(GraphRefusal(request), "Group not found.");

  // Traces stay where they were when the expression changes.
  ASSERT_TRUE(catalog_
                  ->Update({.name = "faults", .arn = {}},
                           {.filter_expression = "ok", .insights = {}})
                  .ok());
  request = {};
  request.window = {.start = before, .end = clock_.Now() + absl::Seconds(1)};
  request.group.name = "faults";
  EXPECT_TRUE(Graph(request).old_group_versions);
  request.window = Window(0, 60);
  EXPECT_FALSE(Graph(request).old_group_versions);
  EXPECT_EQ(Text(Graph(request).map), "cart(1) cart:client>0(1)");
  clock_.Advance(absl::Seconds(1));
  PutRoot(3, 10, "shop");
  EXPECT_EQ(Text(Graph(request).map),
            "cart(1) cart:client>0(1) shop(1) shop:client>2(1)");
}

TEST_F(ServiceGraphsTest, SaysWhatIsWrongWithAGraph) {
  ServiceGraphRequest request = Request(10, 5);
  EXPECT_EQ(GraphRefusal(request),
            "End time cannot be earlier than start time");
  request.next_token = "x";
  EXPECT_EQ(GraphRefusal(request), "NextToken is currently not supported");
  request = Request(0, 7 * 3'600);
  EXPECT_TRUE(graphs_->Graph(request, testing_support::AnyCall()).ok());
  Open({.strict_aws_limits = true});
  EXPECT_EQ(GraphRefusal(request), "Time range cannot be longer than 6 hours");
  EXPECT_TRUE(
      graphs_->Graph(Request(0.5, 6 * 3'600 + 0.5), testing_support::AnyCall())
          .ok());
  request = Request(0, 1);
  request.filter_expression = "nonsense";
  EXPECT_THAT(GraphRefusal(request), HasSubstr("Error Location: line 1"));
  CreateGroup("a", "ok");
  request.filter_expression = "ok";
  request.group.name = "a";
  EXPECT_THAT(GraphRefusal(request), HasSubstr("not both"));
  request.group.name = "Default";
  EXPECT_TRUE(graphs_->Graph(request, testing_support::AnyCall()).ok());
}

TEST_F(ServiceGraphsTest, TheEndsOfTimeAreAWindow) {
  PutRoot(1, 10);
  ServiceGraphRequest request;
  request.window = {.start = Timestamp::Min(), .end = Timestamp::Max()};
  EXPECT_EQ(Text(Graph(request).map), "shop(1) shop:client>0(1)");
  request.window = {.start = Timestamp::Max(), .end = Timestamp::Max()};
  EXPECT_EQ(Text(Graph(request).map), "");
  TimeSeriesRequest series;
  series.start = Timestamp::Min();
  series.end = Timestamp::Min();
  EXPECT_TRUE(Points(series).points.empty());
  series.end = Timestamp::Max();
  EXPECT_THAT(SeriesRefusal(series), HasSubstr("at most 10080 in one call"));
}

TEST_F(ServiceGraphsTest, AFilterReadsWhatTheIndexDoesNotKnow) {
  for (uint64_t i = 1; i <= 1'200; ++i) {
    PutRoot(i, 10, "shop", i % 3 == 0 ? 500 : 200);
  }
  ServiceGraphRequest request = Request(0, 60);
  request.filter_expression = "fault";
  std::vector<uint64_t> examined;
  const auto answer = graphs_->Graph(request, testing_support::AnyCall(),
                                     [&](const GraphProgress& progress) {
                                       examined.push_back(progress.examined);
                                       EXPECT_EQ(progress.to_examine, 1'200u);
                                     });
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(Text(answer->map), "shop(400) shop:client>0(400)");
  EXPECT_THAT(examined, ElementsAre(0, 500, 1'000));
  EXPECT_EQ(answer->progress.examined, 1'200u);
  EXPECT_EQ(answer->progress.matched, 400u);
  EXPECT_FALSE(answer->progress.incomplete);
}

// A clock that moves a second whenever it is asked.
class BusyClock : public Clock {
 public:
  Timestamp Now() const override {
    return Timestamp::FromSeconds(kBase + 100'000 + ++seconds_);
  }
  absl::Duration Elapsed() const override { return Now() - Timestamp(); }

 private:
  mutable int64_t seconds_ = 0;
};

TEST_F(ServiceGraphsTest, AFilterThatTakesTooLongSaysSo) {
  for (uint64_t i = 1; i <= 100; ++i) PutRoot(i, 10);
  const BusyClock clock;
  const ServiceGraphs graphs(engine_, {});
  ServiceGraphRequest request = Request(0, 60);
  request.filter_expression = "ok";
  const auto answer = graphs.Graph(
      request, testing_support::CallUntil(
                   clock, Timestamp::FromSeconds(kBase + 100'500).ToTime()));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->progress.incomplete);
  EXPECT_GT(answer->progress.examined, 10u);
  EXPECT_LT(answer->progress.examined, 100u);
  EXPECT_EQ(answer->progress.to_examine, 100u);
}

TEST_F(ServiceGraphsTest, ComparesTwoWindows) {
  for (uint64_t i = 1; i <= 200; ++i) {
    PutRoot(i, 10, "shop", 200);
    PutRoot(1'000 + i, 110, "shop", i % 2 == 0 ? 500 : 200);
  }
  ServiceGraphRequest request = Request(100, 160);
  request.compare_with = Window(0, 60);
  const ServiceGraphAnswer answer = Graph(request);
  ASSERT_EQ(answer.changes.size(), 2u);
  EXPECT_EQ(answer.changes[0].kind, ChangeKind::kFailsMore);
  EXPECT_EQ(answer.changes[0].before.count, 200);
  EXPECT_DOUBLE_EQ(answer.changes[0].after.fault_share, 0.5);
  EXPECT_EQ(Text(answer.map), "shop(200) shop:client>0(200)");
  request.compare_with = Window(9, 8);
  EXPECT_EQ(GraphRefusal(request),
            "End time cannot be earlier than start time");
}

TEST_F(ServiceGraphsTest, GraphsOfTraces) {
  PutRoot(1, 10);
  PutRoot(2, 70, "shop", 500);
  const auto of = [&](const std::vector<std::string>& ids,
                      const std::string& token = "") {
    return graphs_->OfTraces(ids, token, testing_support::AnyCall());
  };
  const std::string one = TraceNumber(1).ToString();
  const std::string two = TraceNumber(2).ToString();
  const std::string none = TraceNumber(3).ToString();
  EXPECT_EQ(Text(*of({one})), "shop(1) shop:client>0(1)");
  EXPECT_EQ(Text(*of({one, two})), "shop(2) shop:client>0(2)");
  EXPECT_EQ(Text(*of({one, none, one})), "shop(1) shop:client>0(1)");
  EXPECT_EQ(of({one})->times, std::nullopt);
  EXPECT_EQ(of({one})->nodes[0].times, std::nullopt);

  EXPECT_EQ(Refusal(of({})), "Zero trace ids provided");
  EXPECT_EQ(Refusal(of({one, "1-2-3"})),
            "Invalid traceId. ErrorCode: InvalidId");
  EXPECT_EQ(Refusal(of({none})), "Trace id not found");
  EXPECT_EQ(Refusal(of({one}, "x")), "NextToken is currently not supported");
  EXPECT_EQ(Refusal(of({one, one, one, one, one, one})),
            "Exceeding maximum query size: 5");
  Open({.strict_aws_limits = true});
  EXPECT_EQ(Refusal(of({one, two})),
            "Currently only one trace Id is supported");
}

TEST_F(ServiceGraphsTest, ATimeSeriesHasThePeriodsThatEndInItsTime) {
  PutRoot(1, 0);                 // The period that ends at 60.
  PutRoot(2, 59.9);              // The same.
  PutRoot(3, 60);                // 120.
  PutRoot(4, 200, "cart", 429);  // 240.
  const auto text = [](const TimeSeriesAnswer& answer) {
    std::string out;
    for (const TimeSeriesPoint& point : answer.points) {
      out += std::to_string(point.end.ns / 1'000'000'000 - kBase) + ':' +
             (point.calls ? std::to_string(point.calls->count()) : "-") + ' ';
    }
    return out;
  };
  EXPECT_EQ(text(Points(Series(0, 300))), "240:1 120:1 60:2 ");
  EXPECT_EQ(text(Points(Series(60, 240))), "120:1 60:2 ");
  EXPECT_EQ(text(Points(Series(60.9, 240.9))), "120:1 60:2 ");
  EXPECT_EQ(text(Points(Series(61, 241))), "240:1 120:1 ");
  EXPECT_EQ(text(Points(Series(60, 60))), "");
  EXPECT_TRUE(Points(Series(0, 300)).of_edges);

  TimeSeriesRequest request = Series(0, 301);
  request.period_seconds = 300;
  EXPECT_EQ(text(Points(request)), "300:4 ");
  request = Series(0, 300);
  request.selector = "service(\"shop\")";
  EXPECT_EQ(text(Points(request)), "240:- 120:1 60:2 ");
  EXPECT_FALSE(Points(request).of_edges);
  request.selector = "service(\"none\")";
  EXPECT_EQ(text(Points(request)), "240:- 120:- 60:- ");
  request.selector = "edge(id(type: \"client\"), \"cart\")";
  EXPECT_EQ(text(Points(request)), "240:1 120:- 60:- ");
  EXPECT_EQ(Points(request).points[0].calls->throttle, 1);
}

TEST_F(ServiceGraphsTest, ALongTimeSeriesIsReadInPieces) {
  for (uint64_t minute = 0; minute < 500; ++minute) {
    PutRoot(minute + 1, 60.0 * static_cast<double>(minute));
  }
  const TimeSeriesAnswer answer = Points(Series(0, 60 * 501));
  ASSERT_EQ(answer.points.size(), 500u);
  for (size_t i = 1; i < answer.points.size(); ++i) {
    EXPECT_EQ(answer.points[i - 1].end - answer.points[i].end,
              absl::Minutes(1));
  }
}

TEST_F(ServiceGraphsTest, AForecastComesFromWhatWasBefore) {
  for (uint64_t minute = 0; minute < 120; ++minute) {
    for (uint64_t i = 0; i < 20; ++i) {
      PutRoot(1 + 20 * minute + i, 60.0 * static_cast<double>(minute), "shop",
              i < 10 ? 500 : 200);
    }
  }
  TimeSeriesRequest request = Series(60 * 119, 60 * 121);
  request.selector = "service(id(name: \"shop\"))";
  request.forecast = true;
  const TimeSeriesAnswer answer = Points(request);
  ASSERT_EQ(answer.points.size(), 2u);
  ASSERT_TRUE(answer.points[0].faults_expected);
  EXPECT_GE(answer.points[0].faults_expected->high, 12);
  EXPECT_LE(answer.points[0].faults_expected->high, 20);
  request.forecast = false;
  EXPECT_FALSE(Points(request).points[0].faults_expected);
}

TEST_F(ServiceGraphsTest, SaysWhatIsWrongWithATimeSeries) {
  TimeSeriesRequest request = Series(0, 60);
  request.period_seconds = 120;
  EXPECT_EQ(SeriesRefusal(request), "Time period must be one of [60, 300]");
  EXPECT_EQ(SeriesRefusal(Series(10, 5)),
            "End time cannot be earlier than start time");
  request = Series(0, 60);
  request.next_token = "x";
  EXPECT_EQ(SeriesRefusal(request), "NextToken is currently not supported");
  request.next_token = "";
  request.forecast = true;
  EXPECT_THAT(SeriesRefusal(request), HasSubstr("with id()"));
  request.selector = "service(\"shop\")";
  EXPECT_THAT(SeriesRefusal(request), HasSubstr("with id()"));
  request.forecast = false;
  request.selector = "fault";
  EXPECT_THAT(SeriesRefusal(request), HasSubstr("an entity selector is"));
  request.selector = "";
  request.group.name = "none";
  EXPECT_EQ(SeriesRefusal(request), "Group not found.");
  EXPECT_EQ(SeriesRefusal(Series(0, 60.0 * 10'081)),
            "Time range has 10081 periods of 60 seconds; at most 10080 in one "
            "call");
}

}  // namespace
}  // namespace roentgen::query
