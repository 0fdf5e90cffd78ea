#include "trace/mapping/made_ids.h"

#include <cstring>

#include "xxhash.h"

namespace roentgen::storage {
namespace {

// The seeds are part of what readers see: never change them. Repeats of a
// hash that cannot be used go up in steps no index takes.
constexpr uint64_t kServiceSeed = 0x5345525649434500;
constexpr uint64_t kExceptionSeed = 0x4558434550540000;
constexpr uint64_t kStep = uint64_t{1} << 32;

EntityId Hash(const TraceId& trace, EntityId span, uint64_t seed) {
  unsigned char bytes[24];
  std::memcpy(bytes, trace.bytes.data(), 16);
  for (int i = 0; i < 8; ++i) {
    bytes[16 + i] = static_cast<unsigned char>(span.value >> (56 - 8 * i));
  }
  EntityId id;
  do {
    id.value = XXH64(bytes, sizeof(bytes), seed);
    seed += kStep;
  } while (id.value == 0 || id == span);
  return id;
}

}  // namespace

EntityId ServiceSegmentId(const TraceId& trace, EntityId span) {
  return Hash(trace, span, kServiceSeed);
}

EntityId ExceptionId(const TraceId& trace, EntityId span, uint64_t index) {
  return Hash(trace, span, kExceptionSeed + index);
}

}  // namespace roentgen::storage
