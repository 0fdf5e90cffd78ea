// What searches go by: a time of each trace, and an order of traces.
#ifndef ROENTGEN_TRACE_MODEL_ORDERS_H_
#define ROENTGEN_TRACE_MODEL_ORDERS_H_

namespace roentgen::storage {

// Which time of a trace a search goes by.
enum class TimeRangeType {
  kTraceId,  // Earliest start of any entity.
  kEvent,    // Latest accepted update.
  kService,  // Latest end among completed segments.
  // Latest start of any entity. The range is one of starts: it holds traces
  // some of whose entities may have started in it.
  kLatestStart
};

// What a search orders by; larger values first, ties by ascending id.
enum class FindOrder {
  kTime,         // The time of the request's TimeRangeType.
  kDuration,     // Traces without a duration are left out.
  kResponseTime  // Traces without a response time are left out.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_ORDERS_H_
