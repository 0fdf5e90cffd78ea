// Identities of traces and of the entities in them.
//
// Text form of a trace id: "1-" 8 hex "-" 24 hex (X-Ray); reads also accept
// the 32 hex digits of W3C. The bytes are the same. Never derive a time from a
// trace id: W3C ids are random.
//
// Threads: plain values.
#ifndef ROENTGEN_TRACE_MODEL_IDS_H_
#define ROENTGEN_TRACE_MODEL_IDS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace roentgen::storage {

struct TraceId {
  std::array<uint8_t, 16> bytes{};

  friend auto operator<=>(const TraceId&, const TraceId&) = default;
  // Without a call of the library's: tables of traces ask often.
  friend bool operator==(const TraceId& a, const TraceId& b) {
    const auto [a0, a1] = a.Words();
    const auto [b0, b1] = b.Words();
    return ((a0 ^ b0) | (a1 ^ b1)) == 0;
  }

  // "1-8-24" only, either case: what ingest accepts.
  static std::optional<TraceId> ParseXray(std::string_view text);
  // "1-8-24" or 32 hex digits: what reads accept.
  static std::optional<TraceId> Parse(std::string_view text);
  // `raw` holds exactly 16 bytes.
  static TraceId FromBytes(std::string_view raw);

  // "1-8-24", lower case.
  std::string ToString() const;
  std::string_view AsBytes() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  // One of 64 bits, as Zipkin's older tracers make them: above are zeros.
  bool IsShort() const { return Words().first == 0; }
  // What is left of the id where its upper half is cut off; only to compare
  // with another one.
  uint64_t LowHalf() const { return Words().second; }

  template <typename H>
  friend H AbslHashValue(H h, const TraceId& id) {
    const auto [first, second] = id.Words();
    return H::combine(std::move(h), first, second);
  }

 private:
  // In the order of this machine's bytes.
  std::pair<uint64_t, uint64_t> Words() const {
    std::pair<uint64_t, uint64_t> words;
    std::memcpy(&words.first, bytes.data(), 8);
    std::memcpy(&words.second, bytes.data() + 8, 8);
    return words;
  }
};

// Segment, subsegment or exception id: 16 hex digits.
struct EntityId {
  uint64_t value = 0;

  friend auto operator<=>(const EntityId&, const EntityId&) = default;

  // Exactly 16 hex digits, either case.
  static std::optional<EntityId> Parse(std::string_view text);
  // 16 hex digits, lower case.
  std::string ToString() const;

  template <typename H>
  friend H AbslHashValue(H h, const EntityId& id) {
    return H::combine(std::move(h), id.value);
  }
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_IDS_H_
