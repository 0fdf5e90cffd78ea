// Whom callers without a key are told apart by: their address. Of IPv6 it is
// the network of 64 bits, since whoever has one address of it has them all.
//
//   const CallerId caller = CallerOfAddress("2001:db8::17");
//
// Threads: thread-safe.
#ifndef ROENTGEN_BASE_ADDRESS_CALLER_H_
#define ROENTGEN_BASE_ADDRESS_CALLER_H_

#include <string>

#include "base/caller.h"

namespace roentgen {

// `address` without port; whatever is no IPv6 address is told apart by its
// text.
CallerId CallerOfAddress(const std::string& address);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_ADDRESS_CALLER_H_
