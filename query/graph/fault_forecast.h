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
// Beside the band, Surprise says how far faults are beyond what is expected,
// with the dispersion of the entity itself, and of what is known of it: what
// was seen seldom may easily be different from what was seen of it.
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

  // The share of faults that is expected, 0 to 1.
  double Share() const;
  // How unlikely so many faults of `requests` are, as the negative natural
  // logarithm of their probability, about. Zero when they are not too many.
  double Surprise(int64_t when, int64_t requests, int64_t faults);
  // Learn, of a time that is known to be an incident: so slowly that it takes
  // half a day to count as normal, also where little is known.
  void LearnIncident(int64_t when, int64_t requests, int64_t faults);

 private:
  void Decay(int64_t when);
  double Dispersion() const;

  int64_t last_ = 0;
  double requests_ = 0;
  double faults_ = 0;
  // Of the squared deviations from what was expected, in units of those of
  // independent requests; and how much such deviations are worth.
  double deviations_ = 0;
  double deviation_weight_ = 0;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GRAPH_FAULT_FORECAST_H_
