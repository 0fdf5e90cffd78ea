#include "base/metrics.h"

#include "gmock/gmock.h"

namespace roentgen {
namespace {

using testing::HasSubstr;

TEST(MetricsTest, WritesCountersAndHistograms) {
  Metrics metrics;
  metrics.AddCounter({"seen_total", "Seen.", {{"kind", "a"}}}).Increment();
  metrics.AddCounter({"seen_total", "Seen.", {{"kind", "b"}}}).Increment(2.5);
  metrics.AddHistogram({"took_seconds", "Took.", {}}, {0.1, 1}).Observe(0.5);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# HELP seen_total Seen.\n"
                              "# TYPE seen_total counter\n"));
  EXPECT_THAT(text, HasSubstr("seen_total{kind=\"a\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("seen_total{kind=\"b\"} 2.5\n"));
  EXPECT_THAT(text, HasSubstr("took_seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("took_seconds_bucket{le=\"1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("took_seconds_count 1\n"));
}

TEST(MetricsTest, SameNameAndLabelsAreTheSameCounter) {
  Metrics metrics;
  Metrics::Counter& first = metrics.AddCounter({"x_total", "X.", {}});
  EXPECT_EQ(&first, &metrics.AddCounter({"x_total", "X.", {}}));
}

TEST(MetricsTest, ReadsSourcesWhenAsked) {
  Metrics metrics;
  double value = 1;
  metrics.AddSource(Metrics::Kind::kGauge, {"level", "Level.", {}}, [&] {
    return std::vector<Metrics::Sample>{
        {.labels = {{"of", "a\"b"}}, .value = value}};
  });
  EXPECT_THAT(metrics.Text(), HasSubstr("level{of=\"a\\\"b\"} 1\n"));
  value = 7;
  EXPECT_THAT(metrics.Text(), HasSubstr("# TYPE level gauge\n"));
  EXPECT_THAT(metrics.Text(), HasSubstr("level{of=\"a\\\"b\"} 7\n"));
}

TEST(MetricsTest, KnowsTheProcess) {
  Metrics metrics;
  AddProcessMetrics(metrics);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr("# TYPE process_cpu_seconds_total counter"));
  EXPECT_THAT(text, testing::Not(HasSubstr("process_open_fds 0\n")));
  EXPECT_THAT(text,
              testing::Not(HasSubstr("process_resident_memory_bytes 0\n")));
}

}  // namespace
}  // namespace roentgen
