// What parts of the server are made with that no operator sets.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_APP_SERVER_OPTIONS_H_
#define ROENTGEN_SERVER_APP_SERVER_OPTIONS_H_

#include <cstdint>
#include <random>

namespace roentgen::server {

// The system's randomness, for ids and tokens nobody may guess.
inline uint64_t RandomBits() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_SERVER_OPTIONS_H_
