// Named places where a test makes the process die.
//
//   RTG_CRASH_POINT("after_wal_sync");
//
// With ROENTGEN_CRASH_POINT=after_wal_sync:3 in the environment the third
// passage ends the process at once, as a kill would. Otherwise it costs one
// predictable branch.
//
// Threads: thread-safe.
#ifndef ROENTGEN_BASE_CRASH_POINT_H_
#define ROENTGEN_BASE_CRASH_POINT_H_

#include <string_view>

namespace roentgen {

// Whether the environment names any crash point.
bool CrashPointsArmed();
void PassCrashPoint(std::string_view name);

}  // namespace roentgen

#define RTG_CRASH_POINT(name)                                             \
  do {                                                                    \
    if (::roentgen::CrashPointsArmed()) ::roentgen::PassCrashPoint(name); \
  } while (false)

#endif  // ROENTGEN_BASE_CRASH_POINT_H_
