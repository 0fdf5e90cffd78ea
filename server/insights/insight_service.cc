#include "server/insights/insight_service.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "query/search/page_token.h"
#include "xxhash.h"

namespace roentgen::server {
namespace {

using storage::TracePosition;

constexpr size_t kSummariesMax = 100;  // X-Ray's own limits.
constexpr size_t kEventsMax = 50;
constexpr absl::Duration kGraphAgeMax = absl::Hours(24 * 30);
constexpr absl::Duration kGraphSpanMax = absl::Hours(6);

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

// Tokens carry a place: a time and 16 bytes, here those of an insight's id.
TracePosition PositionOf(const Insight& insight) {
  TracePosition position{.key = insight.start.ns, .trace_id = {}};
  std::string hex = insight.id;
  std::erase(hex, '-');
  const std::string bytes = absl::HexStringToBytes(hex);
  std::memcpy(position.trace_id.bytes.data(), bytes.data(),
              std::min(bytes.size(), position.trace_id.bytes.size()));
  return position;
}

uint64_t HashOf(const InsightSummariesRequest& request,
                const std::string& group_id) {
  std::string bytes = "summaries";
  AppendZigzag(request.start.ns, bytes);
  AppendZigzag(request.end.ns, bytes);
  AppendBytes(group_id, bytes);
  AppendVarint(request.state ? 1 + static_cast<uint64_t>(*request.state) : 0,
               bytes);
  return XXH3_64bits(bytes.data(), bytes.size());
}

uint64_t HashOfEvents(const std::string& id) {
  const std::string bytes = "events" + id;
  return XXH3_64bits(bytes.data(), bytes.size());
}

// The place after which a page begins; nothing: at the front.
absl::StatusOr<std::optional<TracePosition>> PositionIn(
    const std::string& token, uint64_t request_hash, uint64_t key) {
  if (token.empty()) return std::optional<TracePosition>();
  const std::optional<TracePosition> found =
      query::DecodePageToken(token, request_hash, key);
  if (!found) return Invalid("Invalid token " + token);
  return found;
}

size_t PageSize(std::optional<size_t> asked, size_t max) {
  return std::clamp<size_t>(asked.value_or(max), 1, max);
}

bool Qualifies(const Insight& insight, const InsightSummariesRequest& request) {
  if (request.state && insight.state != *request.state) return false;
  return insight.start < request.end &&
         (!insight.end || *insight.end > request.start);
}

}  // namespace

absl::StatusOr<InsightPage> InsightService::Summaries(
    const InsightSummariesRequest& request) const {
  if (request.end < request.start) {
    return Invalid("End time cannot be earlier than start time");
  }
  RTG_ASSIGN_OR_RETURN(const query::GroupMembership group,
                       groups_.Membership(request.group));
  const uint64_t hash = HashOf(request, group.id);
  RTG_ASSIGN_OR_RETURN(
      const std::optional<TracePosition> after,
      PositionIn(request.next_token, hash, options_.token_key));
  const size_t size = PageSize(request.max_results, kSummariesMax);
  InsightPage page;
  for (InsightRecord& record : store_.OfGroup(group.id)) {
    if (!Qualifies(record.insight, request)) continue;
    if (after && !storage::IsBefore(*after, PositionOf(record.insight))) {
      continue;
    }
    if (page.insights.size() == size) {
      page.next_token = query::EncodePageToken(PositionOf(page.insights.back()),
                                               hash, options_.token_key);
      break;
    }
    page.insights.push_back(std::move(record.insight));
  }
  return page;
}

absl::StatusOr<InsightRecord> InsightService::Find(std::string_view id) const {
  std::optional<InsightRecord> found =
      store_.Get(absl::AsciiStrToLower({id.data(), id.size()}));
  if (!found) return Invalid("Insight not found");
  return *std::move(found);
}

absl::StatusOr<Insight> InsightService::Get(std::string_view id) const {
  RTG_ASSIGN_OR_RETURN(InsightRecord found, Find(id));
  return std::move(found.insight);
}

absl::StatusOr<InsightEventPage> InsightService::Events(
    std::string_view id, std::optional<size_t> max_results,
    const std::string& next_token) const {
  RTG_ASSIGN_OR_RETURN(InsightRecord found, Find(id));
  const uint64_t hash = HashOfEvents(found.insight.id);
  RTG_ASSIGN_OR_RETURN(const std::optional<TracePosition> after,
                       PositionIn(next_token, hash, options_.token_key));
  const size_t size = PageSize(max_results, kEventsMax);
  InsightEventPage page;
  // Events have numbers, so that new ones do not move the page.
  uint64_t number = found.events_made;
  for (auto at = found.events.rbegin(); at != found.events.rend(); ++at) {
    --number;
    if (after && static_cast<int64_t>(number) >= after->key) continue;
    if (page.events.size() == size) {
      page.next_token = query::EncodePageToken(
          {.key = static_cast<int64_t>(number) + 1, .trace_id = {}}, hash,
          options_.token_key);
      break;
    }
    page.events.push_back(std::move(*at));
  }
  page.insight = std::move(found.insight);
  return page;
}

absl::StatusOr<InsightImpactGraph> InsightService::ImpactGraph(
    std::string_view id, Timestamp start, Timestamp end,
    const std::string& next_token, const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const InsightRecord found, Find(id));
  const Insight& insight = found.insight;
  if (!next_token.empty()) {
    return Invalid("NextToken is currently not supported");
  }
  if (end < start) return Invalid("End time cannot be earlier than start time");
  if (end - start > kGraphSpanMax) {
    return Invalid("Time range cannot be longer than 6 hours");
  }
  if (options_.clock->Now() - start > kGraphAgeMax) {
    return Invalid("Start time cannot be older than 30 days");
  }
  query::ServiceGraphRequest request;
  request.window = {.start = start, .end = end};
  request.group.arn = insight.group_arn;
  RTG_ASSIGN_OR_RETURN(const query::ServiceGraphAnswer answer,
                       graphs_.Graph(request, call));
  std::set<storage::ServiceId> affected(insight.top_services.begin(),
                                        insight.top_services.end());
  affected.insert(insight.root_cause);
  return InsightImpactGraph{.start = start,
                            .end = end,
                            .data = answer.map.times,
                            .nodes = ImpactNodesOf(answer.map, affected)};
}

}  // namespace roentgen::server
