// Any bytes as a stored roll-up: what decodes must come back from its own
// encoding, and add up with its negative to nothing.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "trace/graph/roll_up.h"
#include "trace/model/graph_figures.h"

namespace {

void Check(bool ok) {
  if (!ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::storage;  // NOLINT: one function.
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const RollUpSpan span = RollUpSpan::Hour(1'699'999'200);
  auto figures = DecodeRollUp(bytes, span);
  if (!figures.ok()) {
    Check(absl::IsDataLoss(figures.status()) || HasOverflowed(bytes));
    return 0;
  }
  DropEmpty(*figures);
  const std::string once = EncodeRollUp(*figures, span);
  auto again = DecodeRollUp(once, span);
  Check(again.ok() && *again == *figures);
  GraphFigures negative;
  Check(AddRollUp(bytes, span, -1, negative).ok());
  const std::string minus = EncodeRollUp(negative, span);
  const std::string_view both[] = {bytes, minus};
  auto sum = MergeRollUps(both);
  Check(sum.ok() && sum->empty());
  const std::string_view twice[] = {once, once};
  auto joined = DecodeRollUp(JoinRollUps(twice), span);
  auto merged = DecodeRollUp(*MergeRollUps(twice), span);
  Check(joined.ok() && merged.ok());
  DropEmpty(*joined);
  Check(*joined == *merged);
  const std::string_view alone[] = {bytes};
  Check(*MergeRollUps(alone) == once);
  return 0;
}
