// Spans -> serialized TracesData, without the messages in between: what was
// sent goes out again, byte for byte, grouped by what spans share.
//
//   TracesDataBuilder builder;
//   builder.Add(span.context, span.span);
//   if (builder.bytes() > limit) Send(builder.Finish());
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_SPAN_TRACES_DATA_H_
#define ROENTGEN_TRACE_SPAN_TRACES_DATA_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "trace/model/record.h"

namespace roentgen::storage {

class TracesDataBuilder {
 public:
  // `span` is copied.
  void Add(const std::shared_ptr<const SpanContext>& context,
           std::string_view span);

  bool empty() const { return groups_.empty(); }
  // About what Finish returns.
  size_t bytes() const { return bytes_; }

  // All that was added, by context in order of appearance; empty again.
  std::string Finish();

 private:
  struct Group {
    std::shared_ptr<const SpanContext> context;
    std::string spans;  // Fields of ScopeSpans.
  };

  std::vector<Group> groups_;
  absl::flat_hash_map<const SpanContext*, size_t> by_context_;
  size_t bytes_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_TRACES_DATA_H_
