// Whether a span meets a query.
//
// Values are compared as text: integers in decimal, doubles in their shortest
// form, bytes in base64, arrays and maps as JSON. Besides attributes some names
// stand for members of spans, as Jaeger's own stores have them: "error",
// "span.status", "span.kind", "scope.name", "scope.version" (also with "otel."
// before), "event", and "resource." before the name of a resource attribute.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_QUERY_SPANS_SPAN_MATCH_H_
#define ROENTGEN_QUERY_SPANS_SPAN_MATCH_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/spans/span_query.h"
#include "trace/assembly/trace_spans.h"
#include "trace/model/span_member.h"
#include "trace/span/span_view.h"

namespace roentgen::query {

// Members of spans that go by a name, besides attributes of that name.
enum class Member {
  kNone,
  kError,
  kStatus,
  kStatusText,
  kKind,
  kScopeName,
  kScopeVersion,
  kEvent,
  kTraceState,
};
Member MemberOf(std::string_view key);

// Statuses that meet a query for kError or kStatus; none of them: 0.
storage::SpanStatuses StatusesOf(Member member,
                                 const std::optional<std::string>& text);

class SpanMatcher {
 public:
  // `query` outlives this object.
  explicit SpanMatcher(const SpanQuery& query) : query_(query) {}

  // Whether some span of the trace meets the query. One that does not read
  // does not.
  bool MatchesAny(const std::vector<storage::TraceSpan>& spans);

 private:
  using Attributes = std::vector<storage::AttributeView>;

  bool ReadContext(const storage::TraceSpan& span);
  bool MatchesMembers() const;
  bool MatchesRemoteService() const;
  bool MatchesWords();
  bool MatchesAttribute(std::string_view key,
                        const std::optional<std::string>& text);
  bool MatchesMember(std::string_view key,
                     const std::optional<std::string>& text) const;
  bool IsAmong(const Attributes& attributes, std::string_view key,
               const std::optional<std::string>& text) const;

  const SpanQuery& query_;
  storage::SpanView span_;
  // Of the span that is looked at.
  const storage::SpanContext* context_ = nullptr;
  storage::ContextView context_view_;
  std::string service_;
  Attributes scratch_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_SPAN_MATCH_H_
