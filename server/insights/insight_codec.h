// An insight as it is kept in the settings store. docs/on_disk_format.md draws
// the bytes.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_CODEC_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_CODEC_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/insights/insight.h"

namespace roentgen::server {

// The id is not written: it is in the setting's key. Of events as many are
// written, the newest, as fit a setting.
std::string EncodeInsight(const InsightRecord& record);
// Nothing when the bytes make no sense.
std::optional<InsightRecord> DecodeInsight(std::string_view id,
                                           std::string_view bytes);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_CODEC_H_
