#include "storage/index/match_scope.h"

#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "storage/index/service_key.h"

namespace roentgen::storage {

absl::StatusOr<Match> MatchScope::Evaluate(const TracePredicate& predicate) {
  if (const auto* c = std::get_if<TracePredicate::Constant>(&predicate.node)) {
    return All(c->truth);
  }
  if (const auto* all = std::get_if<TracePredicate::AllOf>(&predicate.node)) {
    return EvaluateAll(*all);
  }
  if (const auto* any = std::get_if<TracePredicate::AnyOf>(&predicate.node)) {
    return EvaluateAny(*any);
  }
  if (const auto* no = std::get_if<TracePredicate::Not>(&predicate.node)) {
    RTG_ASSIGN_OR_RETURN(Match match, Evaluate(no->term.front()));
    std::swap(match.may, match.must);
    match.may.Invert();
    match.must.Invert();
    return match;
  }
  return Leaf(predicate);
}

absl::StatusOr<Match> MatchScope::EvaluateAll(
    const TracePredicate::AllOf& all) {
  Match result = All(Truth::kYes);
  for (const TracePredicate& term : all.terms) {
    RTG_ASSIGN_OR_RETURN(const Match match, Evaluate(term));
    result.may.And(match.may);
    result.must.And(match.must);
    if (result.may.empty()) break;
  }
  return result;
}

absl::StatusOr<Match> MatchScope::EvaluateAny(
    const TracePredicate::AnyOf& any) {
  Match result = All(Truth::kNo);
  for (const TracePredicate& term : any.terms) {
    RTG_ASSIGN_OR_RETURN(const Match match, Evaluate(term));
    result.may.Or(match.may);
    result.must.Or(match.must);
  }
  return result;
}

Match MatchScope::All(Truth truth) const {
  return {.may = TraceBitmap(size_, truth != Truth::kNo),
          .must = TraceBitmap(size_, truth == Truth::kYes)};
}

Match MatchScope::Exactly(TraceBitmap set) {
  Match match{.may = std::move(set), .must = {}};
  match.must = match.may;
  return match;
}

Match MatchScope::NumbersThat(const NumberTest& test,
                              std::span<const int64_t> values) {
  rows_scanned_ += values.size();
  if (test.ranges.size() == 1) {
    const IntRange range = test.ranges.front();
    return Exactly(TraceBitmap::Where(size_, [&](uint32_t i) {
      return i < values.size() && values[i] >= range.low &&
             values[i] <= range.high;
    }));
  }
  return Exactly(TraceBitmap::Where(size_, [&](uint32_t i) {
    return i < values.size() && test.Matches(values[i]);
  }));
}

Match MatchScope::FlagsThat(int64_t mask, bool set,
                            std::span<const int64_t> flags) {
  rows_scanned_ += flags.size();
  return Exactly(TraceBitmap::Where(size_, [&](uint32_t i) {
    return i < flags.size() && ((flags[i] & mask) != 0) == set;
  }));
}

Match MatchScope::CodesThat(const std::vector<uint8_t>& passes,
                            std::span<const uint32_t> codes) {
  rows_scanned_ += codes.size();
  return Exactly(TraceBitmap::Where(size_, [&](uint32_t i) {
    return i < codes.size() && passes[codes[i]] != 0;
  }));
}

std::vector<uint8_t> TextsThat(const TextTest& test,
                               const TextDictionary& dictionary,
                               bool skip_empty) {
  std::vector<uint8_t> passes(dictionary.size(), 0);
  if (test.op == TextOp::kEqual) {
    if (skip_empty && test.text.empty()) return passes;
    if (const auto code = dictionary.Find(test.text)) passes[*code] = 1;
    return passes;
  }
  for (uint32_t code = 0; code < passes.size(); ++code) {
    const std::string_view text = dictionary.at(code);
    if (skip_empty && text.empty()) continue;
    passes[code] = test.Matches(text) ? 1 : 0;
  }
  return passes;
}

absl::StatusOr<Match> RowScope::Leaf(const TracePredicate& predicate) {
  if (const auto* p = std::get_if<TracePredicate::Property>(&predicate.node)) {
    return Property(p->property);
  }
  if (const auto* n = std::get_if<TracePredicate::Number>(&predicate.node)) {
    if (n->field == NumberField::kStart) return All(Truth::kMaybe);
    RTG_ASSIGN_OR_RETURN(
        const std::span<const int64_t> values,
        Numbers(n->field == NumberField::kHttpStatus ? columns_.statuses
                                                     : columns_.durations));
    return NumbersThat(n->test, values);
  }
  if (const auto* t = std::get_if<TracePredicate::Text>(&predicate.node)) {
    return Text(*t);
  }
  return All(Truth::kMaybe);
}

absl::StatusOr<std::span<const int64_t>> RowScope::Numbers(
    Column column) const {
  RTG_ASSIGN_OR_RETURN(const NumberColumn numbers,
                       columns_.source.Numbers(column, {}));
  if (numbers.values.size() != size()) {
    return absl::DataLossError("index: columns of rows differ in length");
  }
  return numbers.values;
}

absl::StatusOr<Match> RowScope::Property(TraceProperty property) {
  constexpr int64_t kOutcomes =
      NodeFlag::kFault | NodeFlag::kError | NodeFlag::kThrottle;
  if (property == TraceProperty::kPartial) return All(Truth::kMaybe);
  RTG_ASSIGN_OR_RETURN(const std::span<const int64_t> flags,
                       Numbers(columns_.flags));
  const auto flag = [&](int64_t mask, bool set) {
    return FlagsThat(mask, set, flags);
  };
  switch (property) {
    case TraceProperty::kOk:
      return flag(kOutcomes | NodeFlag::kInProgress, false);
    case TraceProperty::kFault:
      return flag(NodeFlag::kFault, true);
    case TraceProperty::kError:
      return flag(NodeFlag::kError, true);
    case TraceProperty::kThrottle:
      return flag(NodeFlag::kThrottle, true);
    case TraceProperty::kInferred:
      return flag(NodeFlag::kInferred, true);
    case TraceProperty::kRoot:
      return flag(NodeFlag::kRoot, true);
    case TraceProperty::kPartial:
      break;
  }
  return All(Truth::kMaybe);
}

Match RowScope::Text(const TracePredicate::Text& text) {
  const auto part_of = [&](const ServiceId& parts) -> std::string_view {
    const bool client = role_ == Role::kClient;
    switch (text.field) {
      case TextField::kName:
        return parts.name;
      case TextField::kType:
        return client ? kClientType : parts.type;
      default:
        return client ? std::string_view() : parts.account_id;
    }
  };
  const bool known = text.field == TextField::kName ||
                     text.field == TextField::kType ||
                     text.field == TextField::kAccountId;
  const TextDictionary* services = columns_.services.dictionary;
  if (!known || services == nullptr) return All(Truth::kMaybe);
  std::vector<uint8_t> passes(services->size(), 0);
  for (uint32_t code = 0; code < passes.size(); ++code) {
    const ServiceId service = SplitServiceKey(services->at(code));
    const std::string_view part = part_of(service);
    passes[code] = !part.empty() && text.test.Matches(part) ? 1 : 0;
  }
  return CodesThat(passes, columns_.services.codes);
}

bool MatchesPattern(const NodePattern& pattern, const ServiceId& service) {
  const auto fits = [](const std::optional<std::string>& wanted,
                       const std::string& part) {
    return !wanted || *wanted == part;
  };
  return fits(pattern.name, service.name) && fits(pattern.type, service.type) &&
         fits(pattern.account_id, service.account_id);
}

}  // namespace roentgen::storage
