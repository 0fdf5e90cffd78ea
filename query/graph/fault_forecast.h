// How many faults of an entity are to be expected, from those it had before.
//
//   FaultForecast forecast;
//   for (each bucket, oldest first) {
//     FaultBand band = forecast.Expect(begin, requests);
//     forecast.Learn(begin, requests, faults);
//   }
//
// The share of faults is learned with a half-life of six hours, starting from
// about 1 % with little weight. The band is three deviations wide, taken twice
// as dispersed as independent requests, and never below two faults. What lies
// above the band counts a tenth only, so that an incident is not learned at
// once.
//
// Threads: confined to one thread. Deterministic.
#ifndef ROENTGEN_QUERY_GRAPH_FAULT_FORECAST_H_
#define ROENTGEN_QUERY_GRAPH_FAULT_FORECAST_H_

#include <cstdint>

namespace roentgen::query {

struct FaultBand {
  int64_t high = 0;
  int64_t low = 0;

  friend bool operator==(const FaultBand&, const FaultBand&) = default;
};

class FaultForecast {
 public:
  // How far back it is worth to learn from.
  static constexpr int64_t kMemorySeconds = 24 * 3600;

  // `requests` at the second `when`, which does not go back.
  FaultBand Expect(int64_t when, int64_t requests);
  void Learn(int64_t when, int64_t requests, int64_t faults);

 private:
  void Decay(int64_t when);
  double Share() const;

  int64_t last_ = 0;
  double requests_ = 0;
  double faults_ = 0;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GRAPH_FAULT_FORECAST_H_
