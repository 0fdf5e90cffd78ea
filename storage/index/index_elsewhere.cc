// The part of IndexColumns that tells what no annotation tells.
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "storage/index/index_columns.h"
#include "trace/mapping/segment_spans.h"
#include "trace/model/span_member.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {

void IndexColumns::AddAttributesElsewhere(const Trace& trace) {
  const std::vector<AttributeElsewhere>* last = nullptr;
  for (const SegmentDocument& document : trace.documents) {
    if (!document.span) AddSegmentElsewhere(document);
    if (document.attributes_left_out) {
      AddRow(nullptr);
      NoteOtherAnnotations();
    }
    for (const AttributeElsewhere& a : document.attributes_elsewhere) {
      AddAttributeElsewhere(a);
    }
    const std::vector<AttributeElsewhere>* shared =
        document.context_elsewhere.get();
    if (shared == nullptr || shared == last) continue;
    last = shared;
    AddContextElsewhere(document);
  }
}

void IndexColumns::AddSegmentElsewhere(const SegmentDocument& document) {
  // Many a name may come of it that is not looked for among annotations.
  AddRow(ElsewhereOf({}));
  for (const EntityView& entity : document.entities) {
    if (entity.http.status != 0) {
      AddAttributeElsewhere(
          {.key = kHttpStatusOfEntity,
           .value_code = CodeOfText(std::to_string(entity.http.status))});
    }
    if (entity.cause_json.empty()) continue;
    for (const std::string_view member : {kEventMember, kStatusTextMember}) {
      AddAttributeElsewhere({.key = member, .value_code = kAnyValueCode});
    }
  }
  for (const std::string& key : LinkKeysOf(document)) {
    AddAttributeElsewhere({.key = key, .value_code = kAnyValueCode});
  }
}

void IndexColumns::AddContextElsewhere(const SegmentDocument& document) {
  const std::vector<AttributeElsewhere>& shared = *document.context_elsewhere;
  const auto [at, fresh] =
      context_elsewhere_.try_emplace(document.context_elsewhere);
  ContextElsewhere& context = at->second;
  if (fresh) {
    context_bytes_ += shared.capacity() * sizeof(AttributeElsewhere);
    for (const AttributeElsewhere& a : shared) {
      context.keys.push_back(ElsewhereOf(a.key));
    }
    context_bytes_ += context.keys.capacity() * sizeof(Elsewhere*);
  }
  if (context.next_row == traces_ + 1) return;
  context.next_row = traces_ + 1;
  for (Elsewhere* elsewhere : context.keys) AddRow(elsewhere);
  if (context.next_slice == slice() + 1) return;
  context.next_slice = slice() + 1;
  for (size_t i = 0; i < shared.size(); ++i) {
    if (context.keys[i] == nullptr) continue;
    attribute_values_.Add(context.keys[i]->key, shared[i].value_code, slice());
  }
}

void IndexColumns::AddAttributeElsewhere(const AttributeElsewhere& attribute) {
  Numbered* const numbered = Find(attribute.number);
  Elsewhere* elsewhere = numbered == nullptr ? nullptr : numbered->elsewhere;
  if (elsewhere == nullptr) elsewhere = ElsewhereOf(attribute.key);
  AddRow(elsewhere);
  if (elsewhere == nullptr) return;
  if (numbered != nullptr) {
    numbered->elsewhere = elsewhere;
    if (numbered->next_slice == slice() + 1) return;
    numbered->next_slice = slice() + 1;
  }
  attribute_values_.Add(elsewhere->key, attribute.value_code, slice());
}

IndexColumns::Elsewhere* IndexColumns::ElsewhereOf(std::string_view key) {
  const auto found = attributes_elsewhere_.find(key);
  if (found != attributes_elsewhere_.end()) return &found->second;
  if (attributes_elsewhere_.size() >= limits::kIndexedKeysPerBatchMax ||
      key.size() > limits::kAnnotationKeyCharsMax) {
    return nullptr;
  }
  return &attributes_elsewhere_
              .try_emplace(std::string(key),
                           Elsewhere{.key = AttributeValues::Key(key)})
              .first->second;
}

void IndexColumns::AddRow(Elsewhere* elsewhere) {
  std::vector<uint32_t>& rows = elsewhere == nullptr
                                    ? rows_[At(Column::kAttributeOther)]
                                    : elsewhere->rows;
  if (rows.empty() || rows.back() != traces_) rows.push_back(traces_);
}

}  // namespace roentgen::storage
