// Requests of spans, taken apart without copying what is in them.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_INGEST_SPLIT_MESSAGE_H_
#define ROENTGEN_SERVER_INGEST_SPLIT_MESSAGE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "trace/span/wire_fields.h"

namespace roentgen::server {

// A message of which one field is taken apart; the others stay as they are.
struct SplitMessage {
  std::string rest;
  std::vector<std::string_view> parts;
  std::vector<std::string_view> old_parts;
};

// What stands in `old_field` comes last, but for what `field` has to the byte;
// 0: there is none.
inline bool SplitField(std::string_view message, uint32_t field,
                       uint32_t old_field, SplitMessage& out) {
  out.rest.clear();
  out.parts.clear();
  out.old_parts.clear();
  storage::FieldReader in(message);
  while (in.Next()) {
    if (in.Is(field, storage::WireType::kBytes)) {
      out.parts.push_back(in.bytes());
    } else if (in.Is(old_field, storage::WireType::kBytes)) {
      out.old_parts.push_back(in.bytes());
    } else {
      out.rest += in.whole();
    }
  }
  if (out.old_parts.empty()) return in.ok();
  const absl::flat_hash_set<std::string_view> known(out.parts.begin(),
                                                    out.parts.end());
  for (std::string_view part : out.old_parts) {
    if (!known.contains(part)) out.parts.push_back(part);
  }
  return in.ok();
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INGEST_SPLIT_MESSAGE_H_
