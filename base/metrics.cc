#include "base/metrics.h"

#include <algorithm>
#include <utility>

#include "base/mutex.h"
#include "prometheus/counter.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"

namespace roentgen {
namespace {

class PrometheusCounter : public Metrics::Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter)
      : counter_(counter) {}
  void Increment(double by) override { counter_.Increment(by); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusHistogram : public Metrics::Histogram {
 public:
  explicit PrometheusHistogram(prometheus::Histogram& histogram)
      : histogram_(histogram) {}
  void Observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

struct SourceFamily {
  Metrics::Kind kind;
  Metrics::Name name;
  Metrics::Source read;
};

prometheus::MetricFamily Collect(const SourceFamily& source) {
  const bool counter = source.kind == Metrics::Kind::kCounter;
  prometheus::MetricFamily family;
  family.name = source.name.name;
  family.help = source.name.help;
  family.type =
      counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  for (const Metrics::Sample& sample : source.read()) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels) {
      metric.label.push_back({name, value});
    }
    if (counter) {
      metric.counter.value = sample.value;
    } else {
      metric.gauge.value = sample.value;
    }
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace

struct Metrics::State {
  prometheus::Registry registry;
  Mutex mu;
  std::map<std::string, prometheus::Family<prometheus::Counter>*> counters
      RTG_GUARDED_BY(mu);
  std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms
      RTG_GUARDED_BY(mu);
  std::map<prometheus::Counter*, std::unique_ptr<PrometheusCounter>>
      counter_views RTG_GUARDED_BY(mu);
  std::map<prometheus::Histogram*, std::unique_ptr<PrometheusHistogram>>
      histogram_views RTG_GUARDED_BY(mu);
  std::vector<SourceFamily> sources RTG_GUARDED_BY(mu);
};

Metrics::Metrics() : state_(std::make_unique<State>()) {}
Metrics::~Metrics() = default;

Metrics::Counter& Metrics::AddCounter(const Name& name) {
  MutexLock lock(state_->mu);
  auto*& family = state_->counters[name.name];
  if (family == nullptr) {
    family =
        &prometheus::BuildCounter().Name(name.name).Help(name.help).Register(
            state_->registry);
  }
  prometheus::Counter& counter = family->Add(name.labels);
  auto& view = state_->counter_views[&counter];
  if (view == nullptr) view = std::make_unique<PrometheusCounter>(counter);
  return *view;
}

Metrics::Histogram& Metrics::AddHistogram(const Name& name,
                                          const std::vector<double>& bounds) {
  MutexLock lock(state_->mu);
  auto*& family = state_->histograms[name.name];
  if (family == nullptr) {
    family =
        &prometheus::BuildHistogram().Name(name.name).Help(name.help).Register(
            state_->registry);
  }
  prometheus::Histogram& histogram = family->Add(name.labels, bounds);
  auto& view = state_->histogram_views[&histogram];
  if (view == nullptr) view = std::make_unique<PrometheusHistogram>(histogram);
  return *view;
}

void Metrics::AddSource(Kind kind, const Name& name, Source source) {
  MutexLock lock(state_->mu);
  state_->sources.push_back(
      {.kind = kind, .name = name, .read = std::move(source)});
}

std::string Metrics::Text() const {
  std::vector<prometheus::MetricFamily> families = state_->registry.Collect();
  std::vector<SourceFamily> sources;
  {
    MutexLock lock(state_->mu);
    sources = state_->sources;
  }
  for (const SourceFamily& source : sources) {
    families.push_back(Collect(source));
  }
  std::sort(families.begin(), families.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<double> DurationBounds() {
  return {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
          0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
}

}  // namespace roentgen
