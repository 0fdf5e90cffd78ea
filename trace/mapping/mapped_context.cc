#include "trace/mapping/mapped_context.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "trace/mapping/aws_resource.h"
#include "trace/model/span_member.h"
#include "trace/span/span_profile.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {
namespace {

constexpr std::string_view kResourcePrefix = "otel.resource.";

std::string_view Text(const ContextView& view, std::string_view key) {
  const AnyValueView* value = FindAttribute(view.resource_attributes, key);
  return value != nullptr && value->kind == AnyValueView::Kind::kString
             ? value->bytes
             : std::string_view();
}

AttributeElsewhere ElsewhereOf(const AttributeView& a) {
  return {.key = a.key, .value_code = CodeOfValue(a.value)};
}

void MapService(const ContextView& view, SpanProfile& profile,
                MappedContext& out) {
  out.service_name = view.service_name;
  out.unnamed = view.service_name.empty();
  if (out.unnamed) {
    out.service_name =
        out.strings.emplace_back(std::move(profile.unknown_service));
  }
  out.service_version = Text(view, "service.version");
  if (out.service_version.empty()) {
    out.service_version = Text(view, "container.image.tag");
  }
  out.language = StackLanguageOf(Text(view, "telemetry.sdk.language"));
  out.scope_name = view.scope_name;
  out.scope_version = view.scope_version;
}

bool SetAnnotation(std::string_view key, const AnyValueView& value,
                   MappedContext& out) {
  return out.annotations.Set(key, AnnotationKeyHash(key), value);
}

void MapAttributes(const ContextView& view, MappedContext& out) {
  bool each_told = true;
  for (const AttributeView& a : out.resource_attributes) {
    const std::string_view name =
        out.strings.emplace_back(std::string(kResourcePrefix).append(a.key));
    const bool indexed = out.index_all || out.IsIndexed(name);
    if (!indexed || !IsAnnotationValue(a.value)) {
      out.metadata.push_back({.key = name, .value = a.value});
      out.elsewhere_in_segment.push_back(ElsewhereOf(a));
    } else if (IsPlainAnnotationKey(name)) {
      each_told &= SetAnnotation(name, a.value, out);
    } else {
      each_told &= SetAnnotation(
          out.strings.emplace_back(MakeAnnotationKey(name)), a.value, out);
    }
  }
  for (const Annotation& a : out.annotations.items()) {
    out.annotation_pairs.push_back(
        {.entity = 0, .key = a.key, .value = AnnotationOf(*a.value)});
  }
  for (const AttributeView& a : view.scope_attributes) {
    out.elsewhere_in_subsegment.push_back(ElsewhereOf(a));
  }
  for (const AttributeView& a : out.resource_attributes) {
    out.elsewhere_in_subsegment.push_back(ElsewhereOf(a));
  }
  if (!each_told) {
    out.elsewhere_in_segment = out.elsewhere_in_subsegment;
  } else {
    for (const AttributeView& a : view.scope_attributes) {
      out.elsewhere_in_segment.push_back(ElsewhereOf(a));
    }
  }
}

void AddScope(MappedContext& out) {
  const auto add = [&](std::string_view key, std::string_view text) {
    if (text.empty()) return;
    for (const uint64_t code :
         {CodeOfText(text),
          CodeOfText(MemberOfService(out.service_name, text))}) {
      out.elsewhere_in_segment.push_back({.key = key, .value_code = code});
      out.elsewhere_in_subsegment.push_back({.key = key, .value_code = code});
    }
  };
  add(kScopeNameMember, out.scope_name);
  add(kScopeVersionMember, out.scope_version);
}

}  // namespace

absl::StatusOr<std::shared_ptr<const MappedContext>> MapContext(
    std::shared_ptr<const SpanContext> context) {
  ContextView view;
  SpanProfile profile;
  if (context == nullptr || !ReadContext(*context, view) ||
      !DecodeSpanProfile(context->profile, profile)) {
    return absl::DataLossError("the context of a stored span does not read");
  }
  auto out = std::make_shared<MappedContext>();
  out->memory_bytes = MappedBytesOf(*context, view);
  const size_t looked_at =
      std::min(view.resource_attributes.size(), limits::kMappedAttributesMax);
  for (size_t i = looked_at; i < view.resource_attributes.size(); ++i) {
    out->elsewhere_in_segment.push_back(
        ElsewhereOf(view.resource_attributes[i]));
  }
  out->elsewhere_in_subsegment = out->elsewhere_in_segment;
  view.resource_attributes.resize(looked_at);
  out->source = std::move(context);
  out->valid_text = view.valid_text;
  out->index_all = profile.index_all;
  for (std::string& name : profile.indexed_attributes) {
    out->indexed.insert(out->strings.emplace_back(std::move(name)));
  }
  MapService(view, profile, *out);
  out->aws = AwsResourceOf(view);
  out->resource_attributes = std::move(view.resource_attributes);
  MapAttributes(view, *out);
  AddScope(*out);
  return out;
}

}  // namespace roentgen::storage
