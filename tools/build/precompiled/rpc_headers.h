// What most files that speak gRPC include of other people's headers.
#ifndef ROENTGEN_TOOLS_BUILD_PRECOMPILED_RPC_HEADERS_H_
#define ROENTGEN_TOOLS_BUILD_PRECOMPILED_RPC_HEADERS_H_

#include <google/protobuf/message.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

#endif  // ROENTGEN_TOOLS_BUILD_PRECOMPILED_RPC_HEADERS_H_
