// Any bytes as a compressed body: inflated within its limit and its memory, or
// refused.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/memory_budget.h"
#include "server/http/inflate.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen;          // NOLINT: one function.
  using namespace roentgen::server;  // NOLINT
  if (size == 0) return 0;
  constexpr ContentCoding kCodings[] = {
      ContentCoding::kGzip, ContentCoding::kDeflate, ContentCoding::kZstd};
  constexpr size_t kBudgets[] = {8 << 20, 64 << 10, 1 << 10};
  constexpr size_t kBytesMax = 256 << 10;
  const auto budget = std::make_shared<MemoryBudget>(kBudgets[data[0] / 3 % 3]);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  {
    MemoryLease lease(budget);
    const auto plain = Inflate(kCodings[data[0] % 3], body, kBytesMax, lease);
    if (plain.ok() && plain->size() > kBytesMax) std::abort();
    if (plain.ok() && plain->size() > lease.bytes()) std::abort();
    const bool expected = plain.ok() || absl::IsOutOfRange(plain.status()) ||
                          absl::IsResourceExhausted(plain.status()) ||
                          absl::IsInvalidArgument(plain.status());
    if (!expected) std::abort();
  }
  if (budget->used() != 0) std::abort();
  return 0;
}
