#include "trace/assembly/root_causes.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "trace/document/json_split.h"
#include "trace/document/name_rules.h"
#include "trace/document/segment_document.h"
#include "trace/model/ids.h"

namespace roentgen::storage {
namespace {

struct ExceptionRecord {
  std::optional<EntityId> id;
  RootCauseException exception;
};

std::string TextOf(std::string_view json) {
  if (json.empty() || json[0] != '"') return {};
  return UnescapeJson(json);
}

std::string CutText(std::string_view json) {
  return std::string(CutChars(TextOf(json), limits::kExceptionTextCharsMax));
}

ExceptionRecord ReadException(std::string_view json) {
  ExceptionRecord out;
  for (const JsonMember& m : SplitObject(json)) {
    if (m.key == "id") out.id = EntityId::Parse(TextOf(m.value));
    if (m.key == "type") out.exception.name = CutText(m.value);
    if (m.key == "message") out.exception.message = CutText(m.value);
  }
  return out;
}

// Of the `cause` object of an entity.
std::vector<ExceptionRecord> ReadExceptions(std::string_view cause) {
  std::vector<ExceptionRecord> out;
  if (cause.empty() || cause[0] != '{') return out;
  for (const JsonMember& m : SplitObject(cause)) {
    if (m.key != "exceptions" || m.value.empty() || m.value[0] != '[') continue;
    for (std::string_view element : SplitArray(m.value)) {
      if (element[0] != '{') continue;
      if (out.size() == limits::kRootCauseExceptionsMax) break;
      out.push_back(ReadException(element));
    }
  }
  return out;
}

// The exception that an entity's `cause` names; none for other causes.
std::optional<EntityId> CitedException(const EntityView& entity) {
  if (entity.cause_json.empty() || entity.cause_json[0] != '"') {
    return std::nullopt;
  }
  return EntityId::Parse(TextOf(entity.cause_json));
}

// At most what a count of nanoseconds can be.
int64_t NanosOf(const EntityView& entity) {
  return std::max(absl::ToInt64Nanoseconds(entity.end - entity.start),
                  int64_t{0});
}

using Place = TracePlace;

// What stands at the places of a trace.
class Places {
 public:
  explicit Places(const Trace& trace)
      : trace_(trace), nodes_(static_cast<Place>(trace.nodes.size())) {}

  bool IsInferred(Place place) const { return place >= nodes_; }
  bool IsSegment(Place place) const {
    return !IsInferred(place) && trace_.nodes[place].segment == place;
  }
  const InferredSegment& Inferred(Place place) const {
    return trace_.inferred[place - nodes_];
  }
  // For an inferred segment the call it is inferred from.
  const EntityView& EntityOf(Place place) const {
    return trace_.entity(IsInferred(place) ? Inferred(place).call : place);
  }
  // An entity of a segment that calls another service.
  bool IsRemote(Place place) const {
    return !IsInferred(place) && !IsSegment(place) &&
           EntityOf(place).name_space != Namespace::kLocal;
  }

 protected:
  const Trace& trace_;
  const Place nodes_;
};

// Where those of a key begin, in pairs in order of their keys.
template <typename Key>
auto FirstOf(const std::vector<std::pair<Key, Place>>& pairs, const Key& key) {
  return std::lower_bound(
      pairs.begin(), pairs.end(), key,
      [](const auto& pair, const Key& k) { return pair.first < k; });
}

// Every place hangs on one other at most, so a walk down from a place that
// hangs on none meets each place once.
class Walker : public Places {
 public:
  explicit Walker(const Trace& trace) : Places(trace) {
    called_.reserve(trace.segments.size());
    for (uint32_t segment : trace.segments) {
      const std::optional<EntityId> parent = trace.entity(segment).parent_id;
      if (!parent || trace.nodes[segment].orphan) continue;
      called_.emplace_back(*parent, segment);
    }
    // Of one caller in the order of the trace.
    const auto by_caller = [](const auto& a, const auto& b) {
      return a.first < b.first;
    };
    if (!std::is_sorted(called_.begin(), called_.end(), by_caller)) {
      std::stable_sort(called_.begin(), called_.end(), by_caller);
    }
    inferred_.reserve(trace.inferred.size());
    for (uint32_t i = 0; i < trace.inferred.size(); ++i) {
      inferred_.emplace_back(trace.inferred[i].call, nodes_ + i);
    }
    std::sort(inferred_.begin(), inferred_.end());
  }

  EntityId IdOf(Place place) const {
    return IsInferred(place) ? Inferred(place).id : trace_.entity(place).id;
  }
  bool Before(Place a, Place b) const {
    const EntityId x = IdOf(a), y = IdOf(b);
    return std::tie(EntityOf(a).start, x) < std::tie(EntityOf(b).start, y);
  }

  template <typename Fn>
  void ForEachChild(Place place, Fn fn) const {
    if (!IsInferred(place)) {
      for (uint32_t child : trace_.nodes[place].children) fn(child);
      const auto inferred = FirstOf(inferred_, place);
      if (inferred != inferred_.end() && inferred->first == place) {
        fn(inferred->second);
      }
    }
    if (!IsInferred(place) && trace_.nodes[place].repeat) return;
    const EntityId id = IdOf(place);
    for (auto called = FirstOf(called_, id);
         called != called_.end() && called->first == id; ++called) {
      fn(called->second);
    }
  }

  // Segments that hang on nothing in the trace.
  std::vector<Place> Tops() const {
    absl::flat_hash_set<EntityId> present;
    for (Place node = 0; node < nodes_; ++node) {
      if (trace_.nodes[node].attached) present.insert(IdOf(node));
    }
    for (const InferredSegment& i : trace_.inferred) present.insert(i.id);
    std::vector<Place> tops;
    for (uint32_t segment : trace_.segments) {
      const std::optional<EntityId> parent = trace_.entity(segment).parent_id;
      if (!parent || trace_.nodes[segment].orphan ||
          !present.contains(*parent)) {
        tops.push_back(segment);
      }
    }
    return tops;
  }

 private:
  // Segments by who called them, and inferred ones by the call.
  std::vector<std::pair<EntityId, Place>> called_;
  std::vector<std::pair<uint32_t, Place>> inferred_;
};

// Adds what `place` is to the path, without coverage or exceptions.
RootCauseEntity& Extend(const Places& places, Place place, RootCause& cause) {
  const EntityView& entity = places.EntityOf(place);
  const bool inferred = places.IsInferred(place);
  if (inferred || places.IsSegment(place)) {
    cause.services.push_back({.service = inferred
                                             ? places.Inferred(place).service
                                             : ServiceOf(entity),
                              .inferred = inferred,
                              .entity_path = {}});
  }
  RootCauseService& service = cause.services.back();
  RootCauseEntity& added = service.entity_path.emplace_back();
  added.name = inferred ? service.service.name : std::string(entity.name);
  added.remote = places.IsRemote(place);
  return added;
}

// --- Response time -----------------------------------------------------------

std::optional<TimedPlace> LongestChild(const Walker& walker, Place place,
                                       int64_t root_ns) {
  std::optional<TimedPlace> best;
  walker.ForEachChild(place, [&](Place child) {
    const EntityView& entity = walker.EntityOf(child);
    const int64_t took = NanosOf(entity);
    if (entity.in_progress || took > root_ns || took <= root_ns - took) return;
    if (!best || took > best->took_ns ||
        (took == best->took_ns && walker.Before(child, best->place))) {
      best = {child, took};
    }
  });
  return best;
}

std::vector<TimedPlace> FindPath(const Trace& trace, const Walker& walker) {
  std::vector<TimedPlace> path;
  if (!trace.root || trace.entity(*trace.root).in_progress) return path;
  const int64_t root_ns = NanosOf(trace.entity(*trace.root));
  std::optional<TimedPlace> next = TimedPlace{*trace.root, root_ns};
  while (next && path.size() < limits::kRootCausePathMax) {
    path.push_back(*next);
    next = LongestChild(walker, next->place, root_ns);
  }
  if (path.size() == 1) path.clear();
  return path;
}

// --- Fault and error ---------------------------------------------------------

// Finds the causes of one kind of failure.
class FailureCauses {
 public:
  FailureCauses(const Trace& trace, const Walker& walker, bool Outcome::*kind)
      : trace_(trace), walker_(walker), kind_(kind) {}

  std::vector<RootCause> Run() && {
    std::vector<RootCause> causes;
    if (!AnythingFailed()) return causes;
    for (Place start : Starts()) {
      if (causes.size() == limits::kRootCausesMax) break;
      std::optional<RootCause> cause = CauseFrom(start);
      if (cause) causes.push_back(*std::move(cause));
    }
    return causes;
  }

 private:
  // Why a path may end somewhere, from the weakest reason to the strongest.
  enum class Reason {
    kCites,       // Names an exception that is not on any failing path.
    kOwns,        // Recorded an exception.
    kIsCited,     // Recorded the exception that the start names.
    kIsInferred,  // A failing service without a segment.
  };
  struct Step {
    Place place = 0;
    uint32_t from = 0;  // Index of the step before.
    uint32_t depth = 0;
  };

  bool Failed(Place place) const {
    const EntityView& entity = walker_.EntityOf(place);
    return (walker_.IsInferred(place) ? InferredOutcomeOf(entity)
                                      : OutcomeOf(entity)).*
           kind_;
  }

  bool AnythingFailed() const {
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (trace_.nodes[node].attached && Failed(node)) return true;
    }
    return false;
  }

  std::vector<Place> Starts() const {
    if (trace_.root && Failed(*trace_.root)) return {*trace_.root};
    std::vector<Place> starts;
    std::vector<Place> pending = walker_.Tops();
    while (!pending.empty()) {
      const Place place = pending.back();
      pending.pop_back();
      if ((walker_.IsSegment(place) || walker_.IsInferred(place)) &&
          Failed(place)) {
        starts.push_back(place);
        continue;
      }
      walker_.ForEachChild(place,
                           [&](Place child) { pending.push_back(child); });
    }
    std::sort(starts.begin(), starts.end(),
              [&](Place a, Place b) { return walker_.Before(a, b); });
    return starts;
  }

  std::optional<Reason> ReasonToEnd(
      Place place, const std::optional<EntityId>& cited_by_start) {
    if (walker_.IsInferred(place)) return Reason::kIsInferred;
    const EntityView& entity = walker_.EntityOf(place);
    if (entity.cause_json.empty()) return std::nullopt;
    if (const std::optional<EntityId> cited = CitedException(entity)) {
      if (!Exceptions().contains(*cited)) return std::nullopt;
      return Reason::kCites;
    }
    const std::vector<ExceptionRecord> own = ReadExceptions(entity.cause_json);
    if (own.empty()) return std::nullopt;
    const bool cited = cited_by_start &&
                       std::any_of(own.begin(), own.end(), [&](const auto& e) {
                         return e.id == cited_by_start;
                       });
    return cited ? Reason::kIsCited : Reason::kOwns;
  }

  std::optional<RootCause> CauseFrom(Place start) {
    const std::optional<EntityId> cited =
        walker_.IsInferred(start) ? std::nullopt
                                  : CitedException(walker_.EntityOf(start));
    std::vector<Step> steps = {{.place = start}};
    std::optional<uint32_t> end;
    std::optional<Reason> why;
    for (uint32_t at = 0; at < steps.size(); ++at) {
      const Step step = steps[at];
      const std::optional<Reason> reason = ReasonToEnd(step.place, cited);
      if (reason && (!end || IsBetter(*reason, step, *why, steps[*end]))) {
        end = at;
        why = reason;
      }
      if (step.depth + 1 == limits::kRootCausePathMax) continue;
      walker_.ForEachChild(step.place, [&](Place child) {
        if (!Failed(child)) return;
        steps.push_back({.place = child, .from = at, .depth = step.depth + 1});
      });
    }
    if (!end) return std::nullopt;
    return MakeCause(steps, *end);
  }

  bool IsBetter(Reason reason, const Step& step, Reason best_reason,
                const Step& best) const {
    if (reason != best_reason) return reason > best_reason;
    if (step.depth != best.depth) return step.depth > best.depth;
    return walker_.Before(step.place, best.place);
  }

  RootCause MakeCause(const std::vector<Step>& steps, uint32_t end) {
    std::vector<Place> path = {steps[end].place};
    for (uint32_t at = end; at != 0;) {
      at = steps[at].from;
      path.push_back(steps[at].place);
    }
    std::reverse(path.begin(), path.end());
    RootCause cause;
    cause.client_impacting = trace_.root && path.front() == *trace_.root;
    for (Place place : path) {
      RootCauseEntity& entity = Extend(walker_, place, cause);
      if (walker_.IsInferred(place)) continue;
      const EntityView& view = walker_.EntityOf(place);
      for (ExceptionRecord& e : ReadExceptions(view.cause_json)) {
        entity.exceptions.push_back(std::move(e.exception));
      }
      const std::optional<EntityId> cited = CitedException(view);
      if (place == path.back() && cited) {
        entity.exceptions.push_back(Exceptions().at(*cited));
      }
    }
    return cause;
  }

  // Every exception of the trace by its id; made when first needed.
  const absl::flat_hash_map<EntityId, RootCauseException>& Exceptions() {
    if (exceptions_) return *exceptions_;
    exceptions_.emplace();
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (!trace_.nodes[node].attached) continue;
      for (auto& e : ReadExceptions(trace_.entity(node).cause_json)) {
        if (e.id) exceptions_->try_emplace(*e.id, std::move(e.exception));
      }
    }
    return *exceptions_;
  }

  const Trace& trace_;
  const Walker& walker_;
  bool Outcome::*const kind_;
  std::optional<absl::flat_hash_map<EntityId, RootCauseException>> exceptions_;
};

bool AnythingFailed(const Trace& trace) {
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    if (!trace.nodes[node].attached) continue;
    const Outcome outcome = OutcomeOf(trace.entity(node));
    if (outcome.fault || outcome.error) return true;
  }
  return false;
}

RootCauses FailuresOf(const Trace& trace, const Walker& walker) {
  return {.fault = FailureCauses(trace, walker, &Outcome::fault).Run(),
          .error = FailureCauses(trace, walker, &Outcome::error).Run(),
          .response_time = {}};
}

}  // namespace

RootCauses FindFailureCauses(const Trace& trace) {
  if (!AnythingFailed(trace)) return {};
  return FailuresOf(trace, Walker(trace));
}

std::vector<TimedPlace> FindResponseTimePath(const Trace& trace) {
  return FindPath(trace, Walker(trace));
}

RootCause ResponseTimeCauseOf(const Trace& trace,
                              std::span<const TimedPlace> path) {
  const Places places(trace);
  RootCause cause{.services = {}, .client_impacting = true};
  for (const TimedPlace& at : path) {
    Extend(places, at.place, cause).coverage = CoverageOf(
        absl::Nanoseconds(at.took_ns), absl::Nanoseconds(path.front().took_ns));
  }
  return cause;
}

RootCauses FindRootCauses(const Trace& trace) {
  const Walker walker(trace);
  RootCauses causes = FailuresOf(trace, walker);
  const std::vector<TimedPlace> path = FindPath(trace, walker);
  if (!path.empty()) {
    causes.response_time.push_back(ResponseTimeCauseOf(trace, path));
  }
  return causes;
}

double CoverageOf(absl::Duration took, absl::Duration response_time) {
  return response_time > absl::ZeroDuration()
             ? absl::FDivDuration(took, response_time)
             : 1.0;
}

}  // namespace roentgen::storage
