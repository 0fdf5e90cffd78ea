// The spaces of a process.
//
// Threads: thread-safe once made.
#ifndef ROENTGEN_SERVER_SPACE_SPACE_SET_H_
#define ROENTGEN_SERVER_SPACE_SPACE_SET_H_

#include "server/auth/access.h"
#include "server/space/space.h"

namespace roentgen::server {

class SpaceSet {
 public:
  // `default_space` outlives this object.
  explicit SpaceSet(Space& default_space) : default_(default_space) {}

  // Where a caller's traces are, for as long as the call. Keys do not name a
  // space yet: everybody is in the default one.
  Space& Of(const Principal&) const { return default_; }

 private:
  Space& default_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SPACE_SPACE_SET_H_
