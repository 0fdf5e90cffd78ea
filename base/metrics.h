// Counters, gauges and histograms, read out as Prometheus text.
//
//   Metrics metrics;
//   Metrics::Counter& drops = metrics.AddCounter(
//       {"roentgen_drops_total", "Datagrams dropped.", {{"reason", "empty"}}});
//   drops.Increment();
//   std::string text = metrics.Text();
//
// Values that live elsewhere are read when the text is asked for: AddSource.
//
// Threads: thread-safe.
#ifndef ROENTGEN_BASE_METRICS_H_
#define ROENTGEN_BASE_METRICS_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roentgen {

class Metrics {
 public:
  using Labels = std::map<std::string, std::string>;

  struct Name {
    std::string name;  // Counters end in "_total".
    std::string help;
    Labels labels;
  };

  class Counter {
   public:
    virtual ~Counter() = default;
    virtual void Increment(double by = 1) = 0;
  };

  class Histogram {
   public:
    virtual ~Histogram() = default;
    virtual void Observe(double value) = 0;
  };

  // One value of a source.
  struct Sample {
    Labels labels;
    double value = 0;
  };
  enum class Kind { kCounter, kGauge };
  // Runs while the text is made; must not call back into Metrics.
  using Source = std::function<std::vector<Sample>()>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels again give the same counter. The result lives as
  // long as this object.
  Counter& AddCounter(const Name& name);
  // `bounds` ascend; those of the first call for a name and labels hold.
  Histogram& AddHistogram(const Name& name, const std::vector<double>& bounds);
  // `name.labels` are ignored. What `source` reads outlives this object's
  // last Text().
  void AddSource(Kind kind, const Name& name, Source source);

  std::string Text() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

// Bounds for durations in seconds, from 100 us to 10 s.
std::vector<double> DurationBounds();

// Adds process_* (memory, CPU, open files), read from /proc.
void AddProcessMetrics(Metrics& metrics);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_METRICS_H_
