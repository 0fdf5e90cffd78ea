#include "server/app/file_limits.h"

#include <cstdint>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

Config ConfigWith(int64_t http, int64_t grpc) {
  Config config;
  config.http_connections_max = http;
  config.grpc_connections_max = grpc;
  return config;
}

// 544 descriptors are kept: 512 for the store, 32 for who watches.
TEST(FileLimitsTest, ConnectionsFitIntoTheDescriptors) {
  struct Case {
    int64_t http, grpc;
    uint64_t files;
    int64_t http_then, grpc_then;  // 0: it does not start.
  };
  for (const Case& c : {
           Case{1024, 1024, 4640, 1024, 1024},
           {1024, 1024, 1'048'576, 1024, 1024},
           {1024, 1024, 4639, 1023, 1023},
           {1024, 1024, 1024, 120, 120},
           {1024, 1024, 608, 16, 16},
           {1024, 1024, 607, 0, 0},
           {1024, 1024, 256, 0, 0},
           {100, 1000, 1024, 15, 0},
           {1000, 100, 1024, 369, 36},
           {10, 10, 584, 10, 10},
           {10, 10, 583, 0, 0},
           {1'000'000, 1'000'000, 1'048'576, 262'008, 262'008},
       }) {
    Config config = ConfigWith(c.http, c.grpc);
    const absl::Status fits = FitConnections(c.files, config);
    if (c.grpc_then == 0) {
      EXPECT_EQ(fits.code(), absl::StatusCode::kFailedPrecondition) << c.files;
      continue;
    }
    ASSERT_TRUE(fits.ok()) << fits;
    EXPECT_EQ(config.http_connections_max, c.http_then) << c.files;
    EXPECT_EQ(config.grpc_connections_max, c.grpc_then) << c.files;
    EXPECT_LE(FilesNeeded(config), c.files);
  }
}

TEST(FileLimitsTest, TheSoftLimitIsRaised) {
  EXPECT_GT(RaiseFileLimit(), 0u);
  EXPECT_EQ(RaiseFileLimit(), RaiseFileLimit());
}

}  // namespace
}  // namespace roentgen::server
