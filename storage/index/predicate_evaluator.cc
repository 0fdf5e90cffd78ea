#include "storage/index/predicate_evaluator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/status_macros.h"
#include "storage/index/attribute_values.h"
#include "storage/index/column_codec.h"
#include "storage/index/context_annotations.h"
#include "storage/index/match_scope.h"
#include "storage/index/service_key.h"
#include "storage/index/text_filter.h"
#include "trace/model/operation.h"
#include "trace/model/span_member.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {
namespace {

Column ColumnOf(NumberField field) {
  switch (field) {
    case NumberField::kDuration:
      return Column::kDuration;
    case NumberField::kResponseTime:
      return Column::kResponseTime;
    case NumberField::kStart:
      return Column::kStart;
    case NumberField::kHttpStatus:
      break;
  }
  return Column::kHttpStatus;
}

std::optional<Column> ColumnOf(TextField field) {
  switch (field) {
    case TextField::kHttpUrl:
      return Column::kHttpUrl;
    case TextField::kHttpMethod:
      return Column::kHttpMethod;
    case TextField::kHttpUserAgent:
      return Column::kUserAgent;
    case TextField::kHttpClientIp:
      return Column::kClientIp;
    case TextField::kUser:
      return Column::kUser;
    case TextField::kAvailabilityZone:
      return Column::kAvailabilityZone;
    case TextField::kInstanceId:
      return Column::kInstanceId;
    case TextField::kResourceArn:
      return Column::kResourceArn;
    case TextField::kName:
    case TextField::kType:
    case TextField::kAccountId:
      break;
  }
  return std::nullopt;
}

// Whether the answer depends on what a node is called besides its name: only
// then does a root segment differ from its client.
bool AsksForType(const TracePredicate& predicate) {
  const auto any = [](const std::vector<TracePredicate>& terms) {
    return std::any_of(terms.begin(), terms.end(), AsksForType);
  };
  if (const auto* t = std::get_if<TracePredicate::Text>(&predicate.node)) {
    return t->field == TextField::kType || t->field == TextField::kAccountId;
  }
  if (const auto* all = std::get_if<TracePredicate::AllOf>(&predicate.node)) {
    return any(all->terms);
  }
  if (const auto* some = std::get_if<TracePredicate::AnyOf>(&predicate.node)) {
    return any(some->terms);
  }
  const auto* no = std::get_if<TracePredicate::Not>(&predicate.node);
  return no != nullptr && any(no->term);
}

class TraceScope final : public MatchScope {
 public:
  TraceScope(ColumnSource& source, uint64_t& rows_scanned)
      : MatchScope(source.traces(), rows_scanned), source_(source) {}

 protected:
  absl::StatusOr<Match> Leaf(const TracePredicate& predicate) override {
    return std::visit([this](const auto& leaf) { return Ask(leaf); },
                      predicate.node);
  }

 private:
  using P = TracePredicate;

  // Handled by the caller.
  absl::StatusOr<Match> Ask(const P::Constant&) { return All(Truth::kMaybe); }
  absl::StatusOr<Match> Ask(const P::AllOf&) { return All(Truth::kMaybe); }
  absl::StatusOr<Match> Ask(const P::AnyOf&) { return All(Truth::kMaybe); }
  absl::StatusOr<Match> Ask(const P::Not&) { return All(Truth::kMaybe); }

  absl::StatusOr<Match> Ask(const P::Property& leaf) {
    int64_t mask = 0;
    switch (leaf.property) {
      case TraceProperty::kOk:
        mask = TraceFlag::kOk;
        break;
      case TraceProperty::kFault:
        mask = TraceFlag::kFault;
        break;
      case TraceProperty::kError:
        mask = TraceFlag::kError;
        break;
      case TraceProperty::kThrottle:
        mask = TraceFlag::kThrottle;
        break;
      case TraceProperty::kPartial:
        mask = TraceFlag::kPartial;
        break;
      case TraceProperty::kInferred:
        mask = TraceFlag::kHasInferred;
        break;
      case TraceProperty::kRoot:
        mask = TraceFlag::kHasRoot;
        break;
    }
    RTG_ASSIGN_OR_RETURN(const NumberColumn flags,
                         source_.Numbers(Column::kFlags, {}));
    return FlagsThat(mask, true, flags.values);
  }

  absl::StatusOr<Match> Ask(const P::Number& leaf) {
    return NumberLeaf(ColumnOf(leaf.field), {}, leaf.test);
  }

  absl::StatusOr<Match> NumberLeaf(Column column, std::string_view key,
                                   const NumberTest& test) {
    const bool possible = std::any_of(
        test.ranges.begin(), test.ranges.end(), [&](const IntRange& range) {
          return source_.MayHoldNumber(column, key, range.low, range.high);
        });
    if (!possible) return All(Truth::kNo);
    RTG_ASSIGN_OR_RETURN(const NumberColumn numbers,
                         source_.Numbers(column, key));
    if (numbers.rows.empty()) return NumbersThat(test, numbers.values);
    TraceBitmap set(size());
    rows_scanned() += numbers.values.size();
    for (size_t i = 0; i < numbers.values.size(); ++i) {
      if (test.Matches(numbers.values[i])) set.Set(numbers.rows[i]);
    }
    return Exactly(std::move(set));
  }

  absl::StatusOr<Match> Ask(const P::Text& leaf) {
    const std::optional<Column> column = ColumnOf(leaf.field);
    if (!column) return All(Truth::kMaybe);
    return TextLeaf(*column, {}, leaf.test);
  }

  absl::StatusOr<Match> TextLeaf(Column column, std::string_view key,
                                 const TextTest& test) {
    if (test.op == TextOp::kEqual) return EqualLeaf(column, key, test);
    RTG_ASSIGN_OR_RETURN(const TextColumn texts, source_.Texts(column, key));
    if (!texts.prints.empty()) return PrintLeaf(texts.rows, texts.prints, test);
    if (texts.dictionary == nullptr) return All(Truth::kNo);
    // One value per trace: an empty one stands for none.
    const bool per_trace = texts.rows.empty();
    const std::vector<uint8_t> passes =
        TextsThat(test, *texts.dictionary, per_trace);
    rows_scanned() += passes.size();
    if (per_trace) return CodesThat(passes, texts.codes);
    TraceBitmap set(size());
    rows_scanned() += texts.codes.size();
    for (size_t i = 0; i < texts.codes.size(); ++i) {
      if (passes[texts.codes[i]] != 0) set.Set(texts.rows[i]);
    }
    return Exactly(std::move(set));
  }

  absl::StatusOr<Match> EqualLeaf(Column column, std::string_view key,
                                  const TextTest& test) {
    RTG_ASSIGN_OR_RETURN(const TextLookup texts,
                         source_.Lookup(column, key, test.text));
    if (!texts.prints.empty()) return PrintLeaf(texts.rows, texts.prints, test);
    if (texts.codes.empty()) return All(Truth::kNo);
    rows_scanned() += texts.codes.size();
    if (texts.rows.empty()) {
      // One value per trace: an empty one stands for none.
      if (test.text.empty()) return All(Truth::kNo);
      return Exactly(TraceBitmap::Where(size(), [&](uint32_t i) {
        return i < texts.codes.size() && texts.codes[i] == texts.code;
      }));
    }
    TraceBitmap set(size());
    for (size_t i = 0; i < texts.codes.size(); ++i) {
      if (texts.codes[i] == texts.code) set.Set(texts.rows[i]);
    }
    return Exactly(std::move(set));
  }

  // Prints tell equal texts from most others.
  Match PrintLeaf(std::span<const uint32_t> rows,
                  std::span<const uint32_t> prints, const TextTest& test) {
    Match match = All(Truth::kNo);
    const uint32_t print = PrintOf(test.text);
    rows_scanned() += prints.size();
    for (size_t i = 0; i < prints.size(); ++i) {
      const uint32_t trace = rows[i];
      const bool same = prints[i] == print;
      if (test.op != TextOp::kEqual || same) match.may.Set(trace);
      if (test.op == TextOp::kExists ||
          (test.op == TextOp::kNotEqual && !same)) {
        match.must.Set(trace);
      }
    }
    return match;
  }

  absl::StatusOr<Match> Ask(const P::AnnotationText& leaf) {
    RTG_ASSIGN_OR_RETURN(
        Match match, TextLeaf(Column::kAnnotationString, leaf.key, leaf.test));
    // Without a value of its own any may pass.
    std::vector<uint64_t> codes;
    if (leaf.test.op == TextOp::kEqual) {
      codes = {CodeOfText(leaf.test.text), kAnyValueCode};
    }
    RTG_RETURN_IF_ERROR(
        AddContexts(leaf.key, codes, match, [&](const AnnotationView& value) {
          const auto* text = std::get_if<std::string_view>(&value);
          return TruthOf(text != nullptr && leaf.test.Matches(*text));
        }));
    return WithOthers(std::move(match));
  }

  absl::StatusOr<Match> Ask(const P::AnnotationNumber& leaf) {
    NumberTest bits;  // As the column has them.
    for (const DoubleRange& range : leaf.test.ranges) {
      bits.ranges.push_back({OrderedBits(range.low), OrderedBits(range.high)});
    }
    RTG_ASSIGN_OR_RETURN(Match match,
                         NumberLeaf(Column::kAnnotationNumber, leaf.key, bits));
    if (leaf.unsure) {
      const int64_t at = OrderedBits(*leaf.unsure);
      RTG_ASSIGN_OR_RETURN(const Match unsure,
                           NumberLeaf(Column::kAnnotationNumber, leaf.key,
                                      NumberTest{{{at, at}}}));
      match.may.Or(unsure.may);
    }
    RTG_RETURN_IF_ERROR(AddContexts(
        leaf.key, {kAnyValueCode}, match, [&](const AnnotationView& value) {
          const auto* number = std::get_if<ExactNumber>(&value);
          if (number == nullptr) return Truth::kNo;
          const double nearest = number->AsDouble();
          if (leaf.unsure == nearest) return Truth::kMaybe;
          return TruthOf(leaf.test.Matches(nearest));
        }));
    return WithOthers(std::move(match));
  }

  absl::StatusOr<Match> Ask(const P::AnnotationBool& leaf) {
    const int64_t value = leaf.value ? 1 : 0;
    RTG_ASSIGN_OR_RETURN(Match match,
                         NumberLeaf(Column::kAnnotationBool, leaf.key,
                                    NumberTest{{{value, value}}}));
    RTG_RETURN_IF_ERROR(AddContexts(
        leaf.key, {kAnyValueCode}, match, [&](const AnnotationView& told) {
          const auto* on = std::get_if<bool>(&told);
          return TruthOf(on != nullptr && *on == leaf.value);
        }));
    return WithOthers(std::move(match));
  }

  static Truth TruthOf(bool yes) { return yes ? Truth::kYes : Truth::kNo; }

  // Adds the traces with a segment of whose context some annotation of the key
  // passes. One that does has one of `codes`, if there are some.
  template <typename Passes>
  absl::Status AddContexts(std::string_view key,
                           const std::vector<uint64_t>& codes, Match& match,
                           Passes passes) {
    if (!MayBeOfContext(key)) return absl::OkStatus();
    if (!codes.empty()) {
      RTG_ASSIGN_OR_RETURN(const auto slices, source_.Slices(key, codes));
      if (slices && slices->empty()) return absl::OkStatus();
    }
    RTG_ASSIGN_OR_RETURN(const TextColumn contexts,
                         source_.Texts(Column::kContextAnnotations, {}));
    if (contexts.dictionary == nullptr) return absl::OkStatus();
    std::vector<Truth> found(contexts.dictionary->size(), Truth::kNo);
    for (uint32_t code = 0; code < found.size(); ++code) {
      const bool read =
          ReadAnnotations(contexts.dictionary->at(code),
                          [&](std::string_view k, const AnnotationView& value) {
                            if (k != key) return;
                            found[code] = std::max(found[code], passes(value));
                          });
      if (!read) return absl::DataLossError("index: damaged annotations");
    }
    rows_scanned() += contexts.codes.size();
    for (size_t i = 0; i < contexts.codes.size(); ++i) {
      const Truth truth = found[contexts.codes[i]];
      if (truth != Truth::kNo) match.may.Set(contexts.rows[i]);
      if (truth == Truth::kYes) match.must.Set(contexts.rows[i]);
    }
    return absl::OkStatus();
  }

  // Traces with annotations that got no column may have any.
  absl::StatusOr<Match> WithOthers(Match match) {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> others,
                         source_.Rows(Column::kAnnotationOther, {}));
    for (uint32_t trace : others) match.may.Set(trace);
    return match;
  }

  absl::StatusOr<Match> Ask(const P::Service& leaf) {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> traces,
                         source_.Rows(Column::kNodeTrace, {}));
    Match match = All(Truth::kNo);
    if (traces.empty()) return match;
    RTG_ASSIGN_OR_RETURN(const TextColumn services,
                         source_.Texts(Column::kNodeService, {}));
    std::vector<uint8_t> itself = PatternCodes(leaf.node, services);
    const bool any = std::any_of(itself.begin(), itself.end(),
                                 [](uint8_t passes) { return passes != 0; });
    // The client's type is its own, and it has no account; but for that it
    // answers as the root does.
    NodePattern as_client = leaf.node;
    as_client.type.reset();
    as_client.account_id.reset();
    const bool client = leaf.node.account_id.value_or("").empty() &&
                        (leaf.node.type ? *leaf.node.type == kClientType
                                        : AsksForType(leaf.row.front()));
    if (!any && !client) return match;
    const RowScope::Columns columns{
        .source = source_,
        .rows = static_cast<uint32_t>(traces.size()),
        .flags = Column::kNodeFlags,
        .durations = Column::kNodeDuration,
        .statuses = Column::kNodeHttpStatus,
        .services = services};
    if (any) {
      RowScope scope(columns, RowScope::Role::kItself, rows_scanned());
      RTG_RETURN_IF_ERROR(AddRows(scope, traces,
                                  CodesThatRows(itself, services.codes),
                                  leaf.row.front(), match));
    }
    if (client) {
      RowScope scope(columns, RowScope::Role::kClient, rows_scanned());
      RTG_ASSIGN_OR_RETURN(const std::span<const int64_t> flags,
                           scope.Numbers(columns.flags));
      constexpr int64_t kAsked = NodeFlag::kRoot | NodeFlag::kInProgress;
      TraceBitmap rows = TraceBitmap::Where(scope.size(), [&](uint32_t i) {
        return (flags[i] & kAsked) == NodeFlag::kRoot;
      });
      const TraceBitmap named =
          CodesThatRows(PatternCodes(as_client, services), services.codes);
      if (named.size() != rows.size()) return DifferInLength();
      rows.And(named);
      RTG_RETURN_IF_ERROR(
          AddRows(scope, traces, std::move(rows), leaf.row.front(), match));
    }
    return match;
  }

  absl::StatusOr<Match> Ask(const P::Edge& leaf) {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> traces,
                         source_.Rows(Column::kEdgeTrace, {}));
    Match match = All(Truth::kNo);
    if (traces.empty()) return match;
    RTG_ASSIGN_OR_RETURN(const TextColumn sources,
                         source_.Texts(Column::kEdgeSource, {}));
    TraceBitmap rows =
        CodesThatRows(PatternCodes(leaf.source, sources), sources.codes);
    if (rows.empty()) return match;
    RTG_ASSIGN_OR_RETURN(const TextColumn targets,
                         source_.Texts(Column::kEdgeTarget, {}));
    if (targets.codes.size() != rows.size()) return DifferInLength();
    rows.And(CodesThatRows(PatternCodes(leaf.target, targets), targets.codes));
    if (rows.empty()) return match;
    RowScope scope({.source = source_,
                    .rows = static_cast<uint32_t>(traces.size()),
                    .flags = Column::kEdgeFlags,
                    .durations = Column::kEdgeDuration,
                    .statuses = Column::kEdgeHttpStatus,
                    .services = {}},
                   RowScope::Role::kItself, rows_scanned());
    RTG_RETURN_IF_ERROR(
        AddRows(scope, traces, std::move(rows), leaf.row.front(), match));
    return match;
  }

  absl::StatusOr<Match> Ask(const P::Operation& leaf) {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> traces,
                         source_.Rows(Column::kSpanTrace, {}));
    // Every trace has some operation.
    if (traces.empty() && size() > 0) return DifferInLength();
    Match match = All(Truth::kNo);
    // What is greater has the bit of an error.
    if (leaf.statuses == kErrorStatuses &&
        !source_.MayHoldNumber(Column::kSpanStatus, {}, kErrorStatuses,
                               INT64_MAX)) {
      return match;
    }
    RTG_ASSIGN_OR_RETURN(const TextColumn operations,
                         source_.Texts(Column::kSpanOperation, {}));
    TraceBitmap rows =
        CodesThatRows(OperationCodes(leaf, operations), operations.codes);
    if (rows.size() != traces.size()) return DifferInLength();
    RTG_RETURN_IF_ERROR(KeepStatuses(leaf.statuses, rows));
    if (rows.empty()) return match;
    if (leaf.duration_ns == IntRange{INT64_MIN, INT64_MAX}) {
      rows.ForEach([&](uint32_t i) { match.may.Set(traces[i]); });
      return match;
    }
    RTG_ASSIGN_OR_RETURN(const NumberColumn shortest,
                         source_.Numbers(Column::kSpanDurationMin, {}));
    RTG_ASSIGN_OR_RETURN(const NumberColumn longest,
                         source_.Numbers(Column::kSpanDurationMax, {}));
    if (shortest.values.size() != traces.size() ||
        longest.values.size() != traces.size()) {
      return DifferInLength();
    }
    const int64_t low = DurationCode(leaf.duration_ns.low);
    const int64_t high = DurationCode(leaf.duration_ns.high);
    rows.ForEach([&](uint32_t i) {
      if (longest.values[i] >= low && shortest.values[i] <= high) {
        match.may.Set(traces[i]);
      }
    });
    return match;
  }

  // Of rows of operations those that have one of the statuses.
  absl::Status KeepStatuses(SpanStatuses statuses, TraceBitmap& rows) {
    if (statuses == kAllStatuses || rows.empty()) return absl::OkStatus();
    RTG_ASSIGN_OR_RETURN(const NumberColumn seen,
                         source_.Numbers(Column::kSpanStatus, {}));
    if (seen.values.size() != rows.size()) return DifferInLength();
    rows_scanned() += seen.values.size();
    rows.And(TraceBitmap::Where(rows.size(), [&](uint32_t i) {
      return (seen.values[i] & statuses) != 0;
    }));
    return absl::OkStatus();
  }

  static std::vector<uint8_t> OperationCodes(const P::Operation& leaf,
                                             const TextColumn& operations) {
    std::vector<uint8_t> passes(operations.dictionary->size(), 0);
    // Keys hold no more than the beginning of long names.
    const Operation wanted = SplitOperationKey(
        OperationKeyOf(leaf.service.value_or(""), leaf.name.value_or(""), ""));
    for (uint32_t code = 0; code < passes.size(); ++code) {
      const std::string_view key = operations.dictionary->at(code);
      if (IsAnyOperation(key)) {
        passes[code] = !leaf.service || StandsFor(key, wanted.service);
        continue;
      }
      const Operation seen = SplitOperationKey(key);
      passes[code] = (!leaf.service || seen.service == wanted.service) &&
                     (!leaf.name || seen.name == wanted.name) &&
                     (!leaf.kind || seen.kind == *leaf.kind);
    }
    return passes;
  }

  absl::StatusOr<Match> Ask(const P::SegmentRecord&) {
    return AskElsewhere("", std::nullopt);
  }
  absl::StatusOr<Match> Ask(const P::Attribute& leaf) {
    return AskElsewhere(leaf.key, leaf.text);
  }

  absl::StatusOr<Match> AskElsewhere(const std::string& key,
                                     const std::optional<std::string>& text) {
    Match match = All(Truth::kNo);
    RTG_RETURN_IF_ERROR(AddElsewhere(key, text, match));
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> others,
                         source_.Rows(Column::kAttributeOther, {}));
    for (uint32_t trace : others) match.may.Set(trace);
    return match;
  }

  // Of traces with the key those in slices with the value.
  absl::Status AddElsewhere(const std::string& key,
                            const std::optional<std::string>& text,
                            Match& match) {
    std::optional<TraceBitmap> in_slices;
    if (text) {
      RTG_ASSIGN_OR_RETURN(const auto slices,
                           source_.Slices(key, CodesOfText(*text)));
      if (slices) {
        if (slices->empty()) return absl::OkStatus();
        in_slices = TracesOf(*slices);
      }
    }
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> rows,
                         source_.Rows(Column::kAttributeElsewhere, key));
    for (uint32_t trace : rows) {
      if (!in_slices || in_slices->Test(trace)) match.may.Set(trace);
    }
    return absl::OkStatus();
  }

  TraceBitmap TracesOf(const std::vector<uint32_t>& slices) const {
    TraceBitmap traces(size());
    for (uint32_t slice : slices) {
      const uint64_t begin = uint64_t{slice} * kTracesPerSlice;
      const uint64_t end = std::min<uint64_t>(begin + kTracesPerSlice, size());
      for (uint64_t i = begin; i < end; ++i) {
        traces.Set(static_cast<uint32_t>(i));
      }
    }
    return traces;
  }

  static absl::Status DifferInLength() {
    return absl::DataLossError("index: columns of rows differ in length");
  }

  static std::vector<uint8_t> PatternCodes(const NodePattern& pattern,
                                           const TextColumn& services) {
    std::vector<uint8_t> passes(services.dictionary->size(), 0);
    for (uint32_t code = 0; code < passes.size(); ++code) {
      passes[code] = MatchesPattern(
          pattern, SplitServiceKey(services.dictionary->at(code)));
    }
    return passes;
  }

  TraceBitmap CodesThatRows(const std::vector<uint8_t>& passes,
                            std::span<const uint32_t> codes) {
    rows_scanned() += codes.size();
    const auto size = static_cast<uint32_t>(codes.size());
    // Mostly it is one, and comparing is quicker than looking up.
    const auto first = std::find(passes.begin(), passes.end(), 1);
    if (first == passes.end()) return TraceBitmap(size);
    if (std::find(first + 1, passes.end(), 1) == passes.end()) {
      const auto only = static_cast<uint32_t>(first - passes.begin());
      return TraceBitmap::Where(size,
                                [&](uint32_t i) { return codes[i] == only; });
    }
    return TraceBitmap::Where(
        size, [&](uint32_t i) { return passes[codes[i]] != 0; });
  }

  // Of `rows`, those for which `row` holds: their traces join `match`.
  absl::Status AddRows(RowScope& scope, std::span<const uint32_t> traces,
                       TraceBitmap rows, const TracePredicate& row,
                       Match& match) {
    if (rows.size() != traces.size()) return DifferInLength();
    if (rows.empty()) return absl::OkStatus();
    RTG_ASSIGN_OR_RETURN(Match asked, scope.Evaluate(row));
    asked.may.And(rows);
    asked.must.And(rows);
    asked.may.ForEach([&](uint32_t i) { match.may.Set(traces[i]); });
    asked.must.ForEach([&](uint32_t i) { match.must.Set(traces[i]); });
    return absl::OkStatus();
  }

  ColumnSource& source_;
};

}  // namespace

absl::StatusOr<Match> EvaluatePredicate(const TracePredicate& predicate,
                                        ColumnSource& source,
                                        uint64_t& rows_scanned) {
  return TraceScope(source, rows_scanned).Evaluate(predicate);
}

}  // namespace roentgen::storage
