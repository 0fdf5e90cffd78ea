#include "storage/index/column_aggregate.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "storage/index/column_codec.h"
#include "storage/index/context_annotations.h"
#include "storage/index/service_key.h"
#include "trace/model/duration_histogram.h"

namespace roentgen::storage {
namespace {

class Aggregator {
 public:
  Aggregator(const AggregateRequest& request, const TraceBitmap& certain,
             ColumnSource& source, AggregateResult& result)
      : request_(request),
        sure_(certain),
        unsure_(certain.size()),
        source_(source),
        result_(result) {}

  absl::StatusOr<TraceBitmap> Run() && {
    RTG_ASSIGN_OR_RETURN(const NumberColumn durations,
                         source_.Numbers(Column::kDuration, {}));
    if (durations.values.size() != sure_.size()) {
      return absl::DataLossError("index: not one duration per trace");
    }
    SetBins(durations.values);
    if (request_.group_by == GroupBy::kAnnotation) {
      RTG_RETURN_IF_ERROR(SetAsideUnindexed());
    }
    RTG_RETURN_IF_ERROR(AddGroups());
    sure_.ForEach([&](uint32_t trace) { AddTo(result_.total, trace); });
    return std::move(unsure_);
  }

 private:
  // A trace may be in many groups: its bin is looked up once.
  void SetBins(std::span<const int64_t> durations) {
    bins_.reserve(durations.size());
    for (int64_t ns : durations) {
      bins_.push_back(ns < 0 ? kNoBin : DurationHistogram::BinOf(ns));
    }
  }

  void AddTo(TraceFigures& figures, uint32_t trace) const {
    if (bins_[trace] == kNoBin) {
      figures.Add(std::nullopt);
    } else {
      figures.AddToBin(bins_[trace]);
    }
  }

  void SetAside(uint32_t trace) {
    if (!sure_.Test(trace)) return;
    sure_.Clear(trace);
    unsure_.Set(trace);
  }

  // Values without a column, or known by their prints only.
  absl::Status SetAsideUnindexed() {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> others,
                         source_.Rows(Column::kAnnotationOther, {}));
    for (uint32_t trace : others) SetAside(trace);
    if (MayBeOfContext(request_.annotation_key)) {
      RTG_ASSIGN_OR_RETURN(const TextColumn contexts,
                           source_.Texts(Column::kContextAnnotations, {}));
      for (uint32_t trace : contexts.rows) SetAside(trace);
    }
    RTG_RETURN_IF_ERROR(SetAsideInexact());
    RTG_ASSIGN_OR_RETURN(
        const TextColumn texts,
        source_.Texts(Column::kAnnotationString, request_.annotation_key));
    if (texts.prints.empty()) return absl::OkStatus();
    for (uint32_t trace : texts.rows) SetAside(trace);
    return absl::OkStatus();
  }

  // Integers that stand for their neighbours as well.
  absl::Status SetAsideInexact() {
    const std::string& key = request_.annotation_key;
    const int64_t end = OrderedBits(kDoubleIntegersEnd);
    const int64_t begin = OrderedBits(-kDoubleIntegersEnd);
    constexpr Column kNumbers = Column::kAnnotationNumber;
    if (!source_.MayHoldNumber(kNumbers, key, end, INT64_MAX) &&
        !source_.MayHoldNumber(kNumbers, key, INT64_MIN, begin)) {
      return absl::OkStatus();
    }
    RTG_ASSIGN_OR_RETURN(const NumberColumn numbers,
                         source_.Numbers(kNumbers, key));
    for (size_t i = 0; i < numbers.values.size(); ++i) {
      const int64_t bits = numbers.values[i];
      if (bits >= end || bits <= begin) SetAside(numbers.rows[i]);
    }
    return absl::OkStatus();
  }

  absl::Status AddGroups() {
    switch (request_.group_by) {
      case GroupBy::kNone:
        return absl::OkStatus();
      case GroupBy::kUrl:
        return AddTexts(Column::kHttpUrl, {});
      case GroupBy::kUser:
        return AddTexts(Column::kUser, {});
      case GroupBy::kService:
        return AddServices();
      case GroupBy::kAnnotation:
        break;
    }
    const std::string& key = request_.annotation_key;
    RTG_RETURN_IF_ERROR(AddTexts(Column::kAnnotationString, key));
    RTG_RETURN_IF_ERROR(
        AddNumbers(Column::kAnnotationNumber, [](int64_t v) -> AnnotationValue {
          return ExactNumber(FromOrderedBits(v));
        }));
    return AddNumbers(Column::kAnnotationBool,
                      [](int64_t v) -> AnnotationValue { return v != 0; });
  }

  // Rows come by ascending trace; a trace has a value once.
  absl::Status AddTexts(Column column, const std::string& key) {
    RTG_ASSIGN_OR_RETURN(const TextColumn texts, source_.Texts(column, key));
    if (texts.dictionary == nullptr) return absl::OkStatus();
    std::vector<TraceFigures*> groups(texts.dictionary->size(), nullptr);
    for (uint32_t i = 0; i < texts.codes.size(); ++i) {
      const uint32_t trace = texts.rows.empty() ? i : texts.rows[i];
      if (!sure_.Test(trace)) continue;
      const uint32_t code = texts.codes[i];
      if (groups[code] == nullptr) {
        const std::string_view text = texts.dictionary->at(code);
        // One value per trace: an empty one stands for none.
        if (texts.rows.empty() && text.empty()) continue;
        groups[code] =
            &result_.groups[{.service = {}, .value = std::string(text)}];
      }
      AddTo(*groups[code], trace);
    }
    return absl::OkStatus();
  }

  template <typename ToValue>
  absl::Status AddNumbers(Column column, ToValue to_value) {
    RTG_ASSIGN_OR_RETURN(const NumberColumn numbers,
                         source_.Numbers(column, request_.annotation_key));
    for (size_t i = 0; i < numbers.values.size(); ++i) {
      const uint32_t trace = numbers.rows[i];
      if (!sure_.Test(trace)) continue;
      AddTo(
          result_.groups[{.service = {}, .value = to_value(numbers.values[i])}],
          trace);
    }
    return absl::OkStatus();
  }

  absl::Status AddServices() {
    RTG_ASSIGN_OR_RETURN(const std::span<const uint32_t> traces,
                         source_.Rows(Column::kNodeTrace, {}));
    RTG_ASSIGN_OR_RETURN(const TextColumn services,
                         source_.Texts(Column::kNodeService, {}));
    if (services.dictionary == nullptr) return absl::OkStatus();
    if (services.codes.size() != traces.size()) {
      return absl::DataLossError("index: columns of nodes differ in length");
    }
    // Of each service: its group, and the trace it was last counted for, so
    // that it counts once.
    std::vector<std::pair<TraceFigures*, int64_t>> groups(
        services.dictionary->size(), {nullptr, -1});
    for (size_t i = 0; i < traces.size(); ++i) {
      auto& [group, last] = groups[services.codes[i]];
      if (!sure_.Test(traces[i]) || last == traces[i]) continue;
      last = traces[i];
      if (group == nullptr) {
        group =
            &result_.groups[{.service = SplitServiceKey(
                                 services.dictionary->at(services.codes[i])),
                             .value = {}}];
      }
      AddTo(*group, traces[i]);
    }
    return absl::OkStatus();
  }

  const AggregateRequest& request_;
  TraceBitmap sure_;
  TraceBitmap unsure_;
  ColumnSource& source_;
  AggregateResult& result_;
  static constexpr uint32_t kNoBin = UINT32_MAX;
  std::vector<uint32_t> bins_;  // Of each trace's duration.
};

}  // namespace

absl::StatusOr<TraceBitmap> AggregateColumns(const AggregateRequest& request,
                                             const TraceBitmap& certain,
                                             ColumnSource& source,
                                             AggregateResult& result) {
  return Aggregator(request, certain, source, result).Run();
}

}  // namespace roentgen::storage
