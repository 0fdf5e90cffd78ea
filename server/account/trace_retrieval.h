// Retrievals: whole traces by id, in pages of any trace's size.
//
//   RTG_ASSIGN_OR_RETURN(token, retrievals.Start({ids, range}));
//   RTG_ASSIGN_OR_RETURN(page, retrievals.List(token, "", deadline));
//
// Nothing is copied: a retrieval is a list of ids, and pages are read from the
// store when they are asked for. So a retrieval is complete when it starts, and
// sees what comes later, too. It lives for an hour, also over restarts.
//
// Errors: ResourceNotFoundException (aws_status.h) for tokens that are unknown
// or too old; InvalidArgument in X-Ray's words; ResourceExhausted for too many
// retrievals at a time; those of the store and of reads pass through.
//
// What another process starts or cancels is seen after Refresh.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_SERVER_ACCOUNT_TRACE_RETRIEVAL_H_
#define ROENTGEN_SERVER_ACCOUNT_TRACE_RETRIEVAL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "query/maps/service_graphs.h"
#include "query/traces/trace_queries.h"
#include "storage/settings/settings_follower.h"
#include "storage/settings/settings_store.h"
#include "trace/model/ids.h"

namespace roentgen::server {

struct RetrievalRequest {
  std::vector<std::string> trace_ids;
  Timestamp start;
  Timestamp end;  // Inclusive.
};

enum class TraceFormat : uint8_t { kXray, kOtel };

// A segment, or a span: an entity of one.
struct RetrievedSpan {
  std::string id;
  std::string document;  // JSON; of spans see otlp_json_writer.h.
};

// A trace, or its next part.
struct RetrievedTrace {
  storage::TraceId id;
  std::optional<absl::Duration> duration;
  std::vector<RetrievedSpan> spans;
};

struct RetrievedPage {
  bool cancelled = false;
  std::vector<RetrievedTrace> traces;
  std::string next_token;  // Empty: this is the last page.
};

struct RetrievedGraph {
  bool cancelled = false;
  query::ServiceMap map;
};

class TraceRetrieval {
 public:
  struct Options {
    const Clock* clock = &SystemClock();
    // Uniform over all values; for tokens. Called by one thread at a time.
    std::function<uint64_t()> random;
  };

  // All arguments outlive the retrievals. DataLoss when one is damaged.
  static absl::StatusOr<std::unique_ptr<TraceRetrieval>> Open(
      storage::SettingsStore& store, query::TraceQueries& queries,
      const query::ServiceGraphs& graphs, Options options);

  // Looks at the store for what others changed. DataLoss when a changed
  // retrieval is damaged: it stays as it was known, all others are up to date.
  absl::Status Refresh();

  // A token.
  absl::StatusOr<std::string> Start(const RetrievalRequest& request);
  // In the order of the ids. A trace of many spans goes on in the next page.
  // Where a segment is too large for a page, the trace's segments and
  // subsegments are as they were sent, which none is.
  absl::StatusOr<RetrievedPage> List(const std::string& token,
                                     TraceFormat format,
                                     const std::string& next_token,
                                     const Call& call);
  absl::StatusOr<RetrievedGraph> Graph(const std::string& token,
                                       const Call& call);
  // Without effect once a page was read.
  absl::Status Cancel(const std::string& token);

 private:
  struct Retrieval {
    Timestamp started;
    TimeRange range;
    bool cancelled = false;
    bool seen = false;  // Somebody was told that it is complete; not stored.
    std::vector<storage::TraceId> ids;
  };

  TraceRetrieval(storage::SettingsStore& store, query::TraceQueries& queries,
                 const query::ServiceGraphs& graphs, Options options)
      : store_(store),
        queries_(queries),
        graphs_(graphs),
        options_(std::move(options)),
        follower_(store, kSettingPrefix) {}

  static constexpr char kSettingPrefix[] = "retrieval/";

  static std::string Encode(const Retrieval& retrieval);
  static std::optional<Retrieval> Decode(std::string_view bytes);
  bool IsOver(const Retrieval& retrieval) const;
  absl::StatusOr<Retrieval> Find(const std::string& token) const;
  void NoteSeen(const std::string& token);
  absl::Status DropOld() RTG_REQUIRES(mu_);
  absl::StatusOr<std::vector<RetrievedSpan>> SpansOf(
      query::AssembledTrace trace, TraceFormat format, const Call& call);
  // Nothing when it is not stored, or not in the range.
  absl::StatusOr<std::optional<query::AssembledTrace>> Read(
      const storage::TraceId& id, const TimeRange& range, const Call& call);

  storage::SettingsStore& store_;
  query::TraceQueries& queries_;
  const query::ServiceGraphs& graphs_;
  const Options options_;
  mutable Mutex mu_;
  storage::SettingsFollower follower_ RTG_GUARDED_BY(mu_);
  std::map<std::string, Retrieval, std::less<>> retrievals_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ACCOUNT_TRACE_RETRIEVAL_H_
