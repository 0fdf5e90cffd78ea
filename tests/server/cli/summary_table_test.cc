#include "server/cli/summary_table.h"

#include <gtest/gtest.h>

namespace roentgen::server {
namespace {

TEST(SummaryTableTest, ShowsOneLinePerTrace) {
  v1::TraceSummary full;
  full.set_id("1-66f01000-0123456789abcdef01234567");
  full.mutable_start_time()->set_seconds(1'700'000'000);
  full.mutable_start_time()->set_nanos(123'000'000);
  full.mutable_duration()->set_nanos(250'000'000);
  full.set_has_error(true);
  full.mutable_http()->set_http_status(404);
  full.mutable_http()->set_http_method("GET");
  full.mutable_http()->set_http_url("http://shop/cart");
  full.mutable_entry_point()->set_name("shop-front");
  v1::TraceSummary bare;
  bare.set_id("1-66f01000-0123456789abcdef01234568");
  bare.mutable_start_time()->set_seconds(1'700'000'000);
  bare.set_is_partial(true);
  EXPECT_EQ("\n" + SummaryHeader() + SummaryLine(full) + SummaryLine(bare),
            R"(
ID                                  START (UTC)              DURATION OUTCOME   HTTP ENTRY                    REQUEST
1-66f01000-0123456789abcdef01234567 2023-11-14 22:13:20.123    250 ms ERROR      404 shop-front               GET http://shop/cart
1-66f01000-0123456789abcdef01234568 2023-11-14 22:13:20.000         - partial      - -
)");
}

}  // namespace
}  // namespace roentgen::server
