// A captured OTLP load, again and again with fresh ids and times.
//
// Capture: files of ExportTraceServiceRequest messages, each behind its length
// in four bytes, the most significant first.
//
// Threads: Make is thread-safe once loaded.
#ifndef ROENTGEN_BENCH_SPANS_CAPTURE_REPLAY_H_
#define ROENTGEN_BENCH_SPANS_CAPTURE_REPLAY_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace roentgen::bench {

class CaptureReplay {
 public:
  // Ends the program with a message when the file is none.
  explicit CaptureReplay(const std::string& path);

  size_t requests() const { return requests_.size(); }
  // Of one round through the capture.
  size_t spans() const { return spans_; }
  size_t spans_in(size_t request) const { return requests_[request].spans; }

  // Request `request` of round `round`, all of whose spans began around
  // `start_ns`. The same ids for the same round.
  std::string Make(size_t request, uint64_t round, uint64_t start_ns) const;

 private:
  struct Request {
    std::string bytes;
    std::vector<size_t> trace_ids;  // Where ids and times stand.
    std::vector<size_t> span_ids;
    std::vector<size_t> times;
    size_t spans = 0;
  };

  // Notes where the ids and times of a span and of what is in it stand.
  void NoteSpan(std::string_view span, Request& request);
  void NoteLink(std::string_view link, Request& request);
  void NoteEvent(std::string_view event, Request& request);

  std::vector<Request> requests_;
  size_t spans_ = 0;
  uint64_t first_ns_ = UINT64_MAX;
};

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SPANS_CAPTURE_REPLAY_H_
