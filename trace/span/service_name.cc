#include "trace/span/service_name.h"

#include "trace/span/span_profile.h"

namespace roentgen::storage {

std::string ServiceNameOf(const SpanContext& context, const ContextView& view) {
  if (!view.service_name.empty()) return std::string(view.service_name);
  SpanProfile profile;
  DecodeSpanProfile(context.profile, profile);
  return profile.unknown_service;
}

}  // namespace roentgen::storage
