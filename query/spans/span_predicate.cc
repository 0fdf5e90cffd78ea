#include "query/spans/span_predicate.h"

#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "base/limits.h"
#include "query/spans/span_match.h"
#include "trace/document/name_rules.h"
#include "trace/mapping/annotation_list.h"
#include "trace/mapping/segment_spans.h"
#include "trace/model/span_member.h"

namespace roentgen::query {
namespace {

using storage::DoubleTest;
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
    constexpr double kMax = std::numeric_limits<double>::max();
    terms.push_back({P::AnnotationText{key, {TextOp::kExists, {}}}});
    terms.push_back({P::AnnotationNumber{key, DoubleTest{{{-kMax, kMax}}}}});
    terms.push_back({P::AnnotationBool{key, true}});
    terms.push_back({P::AnnotationBool{key, false}});
    return;
  }
  const std::string_view cut =
      storage::CutChars(*text, limits::kAnnotationValueCharsMax);
  terms.push_back({P::AnnotationText{key, {TextOp::kEqual, std::string(cut)}}});
  double number;
  if (absl::SimpleAtod(*text, &number)) {
    terms.push_back({P::AnnotationNumber{key, DoubleTest{{{number, number}}}}});
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
  terms.push_back({TracePredicate::Attribute{key, text}});
  if (storage::MayBeOfEntity(key)) {
    terms.push_back({TracePredicate::SegmentRecord{}});
  }
}

// Some attribute of that name says so.
std::vector<TracePredicate> AttributeTerms(const std::string& key,
                                           const Text& text) {
  std::vector<TracePredicate> terms;
  AddKey(key, text, terms);
  if (key.starts_with(kResourcePrefix)) {
    AddKey(key.substr(kResourcePrefix.size()), text, terms);
  }
  return terms;
}

// What an index knows of a member of spans that is a text; null: of no such.
const std::string_view* KeyOfText(Member member) {
  switch (member) {
    case Member::kStatusText:
      return &storage::kStatusTextMember;
    case Member::kScopeName:
      return &storage::kScopeNameMember;
    case Member::kScopeVersion:
      return &storage::kScopeVersionMember;
    case Member::kEvent:
      return &storage::kEventMember;
    case Member::kTraceState:
      return &storage::kTraceStateMember;
    case Member::kNone:
    case Member::kError:
    case Member::kStatus:
    case Member::kKind:
      break;
  }
  return nullptr;
}

TracePredicate AnyOf(std::vector<TracePredicate> terms) {
  return {TracePredicate::AnyOf{std::move(terms)}};
}
TracePredicate AllOf(std::vector<TracePredicate> terms) {
  return {TracePredicate::AllOf{std::move(terms)}};
}

class Planner {
 public:
  explicit Planner(const SpanQuery& query) : query_(query) {
    any_duration_ =
        query.duration_min_ns <= 0 && query.duration_max_ns == INT64_MAX;
    operation_ = {
        .service = query.service,
        .name = query.operation,
        .kind = query.kind,
        .duration_ns = {any_duration_ ? INT64_MIN : query.duration_min_ns,
                        query.duration_max_ns}};
  }

  std::optional<TracePredicate> Plan() && {
    // Attributes come first: most batches do not have the value, and looking up
    // that takes less than finding the traces of a service.
    AddRemoteServices();
    for (const auto& [key, text] : query_.attributes) {
      if (!key.empty()) AddTag(key, text, {});
    }
    for (const std::string& word : query_.words) {
      if (word.empty()) continue;
      AddTag(word, std::nullopt, {OfMember(storage::kEventMember, word)});
    }
    AddOperation();
    if (all_.empty()) return std::nullopt;
    return AllOf(std::move(all_));
  }

 private:
  // A tag that a row of operations can meet.
  struct Folded {
    storage::SpanStatuses statuses = storage::kAllStatuses;
    Text kind;
    std::vector<TracePredicate> otherwise;  // One of these.
  };

  TracePredicate OfMember(std::string_view key, const Text& text) const {
    TracePredicate::Attribute leaf{std::string(key), text};
    if (text && query_.service) {
      leaf.text = storage::MemberOfService(*query_.service, *text);
    }
    return {std::move(leaf)};
  }

  // `otherwise`: what meets it, too.
  void AddTag(const std::string& key, const Text& text,
              std::vector<TracePredicate> otherwise) {
    const Member member = MemberOf(key);
    for (TracePredicate& term : AttributeTerms(key, text)) {
      otherwise.push_back(std::move(term));
    }
    if (const std::string_view* of_text = KeyOfText(member)) {
      otherwise.push_back(OfMember(*of_text, text));
      all_.push_back(AnyOf(std::move(otherwise)));
      return;
    }
    if (member == Member::kNone) {
      all_.push_back(AnyOf(std::move(otherwise)));
      return;
    }
    Folded folded{.otherwise = std::move(otherwise)};
    if (member == Member::kKind) {
      folded.kind = text;
    } else {
      folded.statuses = StatusesOf(member, text);
    }
    folded_.push_back(std::move(folded));
  }

  void AddRemoteServices() {
    if (query_.remote_services.empty()) return;
    std::vector<TracePredicate> either;
    for (const std::string& name : query_.remote_services) {
      AddKey("peer.service", name, either);
      AddKey("service.peer.name", name, either);
    }
    all_.push_back(AnyOf(std::move(either)));
  }

  // False: no span can be all of that.
  static bool Narrow(const Folded& folded,
                     TracePredicate::Operation& operation) {
    operation.statuses &= folded.statuses;
    if (!folded.kind) return operation.statuses != 0;
    const bool fits = !operation.kind || *operation.kind == *folded.kind;
    operation.kind = folded.kind;
    return fits && operation.statuses != 0;
  }

  // One row of operations meets all of it; or an attribute meets some tag, and
  // then each tag is met by itself.
  void AddOperation() {
    if (folded_.empty()) {
      if (query_.service || query_.operation || query_.kind || !any_duration_) {
        all_.push_back({operation_});
      }
      return;
    }
    std::vector<TracePredicate> either;
    TracePredicate::Operation whole = operation_;
    bool possible = true;
    for (const Folded& folded : folded_) possible &= Narrow(folded, whole);
    if (possible) either.push_back({whole});
    std::vector<TracePredicate> some;
    for (const Folded& folded : folded_) {
      some.insert(some.end(), folded.otherwise.begin(), folded.otherwise.end());
    }
    std::vector<TracePredicate> apart = {AnyOf(std::move(some))};
    for (Folded& folded : folded_) {
      if (folded_.size() == 1) break;  // The same again.
      TracePredicate::Operation alone = operation_;
      if (Narrow(folded, alone)) folded.otherwise.push_back({alone});
      apart.push_back(AnyOf(std::move(folded.otherwise)));
    }
    apart.push_back({operation_});
    either.push_back(AllOf(std::move(apart)));
    all_.push_back(AnyOf(std::move(either)));
  }

  const SpanQuery& query_;
  bool any_duration_ = true;
  TracePredicate::Operation operation_;
  std::vector<Folded> folded_;
  std::vector<TracePredicate> all_;
};

}  // namespace

std::optional<TracePredicate> PredicateOf(const SpanQuery& query) {
  return Planner(query).Plan();
}

}  // namespace roentgen::query
