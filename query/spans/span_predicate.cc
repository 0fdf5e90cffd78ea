#include "query/spans/span_predicate.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/limits.h"
#include "query/spans/span_match.h"
#include "storage/document/name_rules.h"
#include "storage/index/column_codec.h"
#include "storage/mapping/annotation_list.h"

namespace roentgen::query {
namespace {

using storage::NumberTest;
using storage::TextOp;
using storage::TextTest;
using storage::TracePredicate;
using Text = std::optional<std::string>;

constexpr std::string_view kResourcePrefix = "resource.";

// That some annotation of the key says so, whatever type it has.
void AddAnnotation(const std::string& key, const Text& text,
                   std::vector<TracePredicate>& terms) {
  using P = TracePredicate;
  if (!text) {
    terms.push_back({P::AnnotationText{key, {TextOp::kExists, {}}}});
    terms.push_back(
        {P::AnnotationNumber{key, NumberTest{{{INT64_MIN, INT64_MAX}}}}});
    terms.push_back({P::AnnotationBool{key, true}});
    terms.push_back({P::AnnotationBool{key, false}});
    return;
  }
  const std::string_view cut =
      storage::CutChars(*text, limits::kAnnotationValueCharsMax);
  terms.push_back({P::AnnotationText{key, {TextOp::kEqual, std::string(cut)}}});
  double number;
  if (absl::SimpleAtod(*text, &number)) {
    const int64_t bits = storage::OrderedBits(number);
    terms.push_back({P::AnnotationNumber{key, NumberTest{{{bits, bits}}}}});
  }
  if (*text == "true" || *text == "false") {
    terms.push_back({P::AnnotationBool{key, *text == "true"}});
  }
}

void AddKey(const std::string& key, const Text& text,
            std::vector<TracePredicate>& terms) {
  std::vector<std::string> keys = {
      storage::MakeAnnotationKey(key),
      storage::MakeAnnotationKey("otel.resource." + key)};
  // Annotations of segments keep their keys.
  if (keys.front() != key) keys.push_back(key);
  for (const std::string& k : keys) AddAnnotation(k, text, terms);
  terms.push_back({TracePredicate::AttributeElsewhere{key, text}});
}

// Nothing: any trace may have it.
std::optional<TracePredicate> AttributePredicate(const std::string& key,
                                                 const Text& text) {
  if (key.empty() || IsMemberName(key)) return std::nullopt;
  TracePredicate::AnyOf any;
  AddKey(key, text, any.terms);
  if (key.starts_with(kResourcePrefix)) {
    AddKey(key.substr(kResourcePrefix.size()), text, any.terms);
  }
  // Names that are made of members of segments have dots.
  if (key.find('.') != key.npos) {
    any.terms.push_back({TracePredicate::AttributeElsewhere{}});
  }
  return TracePredicate{std::move(any)};
}

}  // namespace

std::optional<TracePredicate> PredicateOf(const SpanQuery& query) {
  // Attributes come first: most batches do not have the value, and looking up
  // that takes less than finding the traces of a service.
  TracePredicate::AllOf all;
  if (query.remote_service) {
    if (auto term = AttributePredicate("peer.service", query.remote_service)) {
      all.terms.push_back(*std::move(term));
    }
  }
  for (const auto& [key, text] : query.attributes) {
    if (auto term = AttributePredicate(key, text)) {
      all.terms.push_back(*std::move(term));
    }
  }
  const bool any_duration =
      query.duration_min_ns <= 0 && query.duration_max_ns == INT64_MAX;
  if (query.service || query.operation || query.kind || !any_duration) {
    all.terms.push_back({TracePredicate::Operation{
        .service = query.service,
        .name = query.operation,
        .kind = query.kind,
        .duration_ns = {any_duration ? INT64_MIN : query.duration_min_ns,
                        query.duration_max_ns}}});
  }
  if (all.terms.empty()) return std::nullopt;
  return TracePredicate{std::move(all)};
}

}  // namespace roentgen::query
