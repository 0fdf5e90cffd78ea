// Who gets how much of something that all want, max-min fair: nobody gets more
// than somebody who wants more, and what is not wanted is shared out alike.
//
//   FairShare(10, {1, 20, 20}, 1)  // 5: {1, 5, 4}
//   FairShare(10, {1, 1}, 0)       // 5: each one more than it wants, and more
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_SAMPLING_FAIR_SHARE_H_
#define ROENTGEN_SERVER_SAMPLING_FAIR_SHARE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace roentgen::server {

// What the one at `at` gets; the shares of all together are `pool`. Of what
// cannot be divided the first ones get one more. `pool` and demands: 0 to
// 2^31 - 1; there are less than 2^31.
int64_t FairShare(int64_t pool, const std::vector<int64_t>& demands, size_t at);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_FAIR_SHARE_H_
