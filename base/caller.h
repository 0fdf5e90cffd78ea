// Who asks, where callers share something: a key, or the address of who shows
// none.
//
//   const CallerId caller = CallerOf(peer);
//
// Threads: plain values; CallerOf is thread-safe.
#ifndef ROENTGEN_BASE_CALLER_H_
#define ROENTGEN_BASE_CALLER_H_

#include <cstdint>
#include <string_view>

namespace roentgen {

// Differs from run to run, so that nobody can choose to be taken for another.
using CallerId = uint32_t;

// The server itself, and whoever cannot be told from others.
inline constexpr CallerId kNoCaller = 0;

// Of a key's id or an address; never kNoCaller.
CallerId CallerOf(std::string_view name);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_CALLER_H_
