// The spaces of a process, and which of them a caller works in.
//
//   SpaceSet set;
//   set.Add("default", *space);
//   const ListenerSpaces spaces(*set.Find(listener.space));
//   ... spaces.Of(request.principal).queries() ...
//
// Threads: SpaceSet is thread-compatible, ListenerSpaces a plain value.
#ifndef ROENTGEN_SERVER_SPACE_SPACE_SET_H_
#define ROENTGEN_SERVER_SPACE_SPACE_SET_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "server/auth/access.h"
#include "server/space/space.h"

namespace roentgen::server {

class SpaceSet {
 public:
  // `space` outlives this object, which has none of that name yet.
  void Add(std::string name, Space& space) {
    spaces_.emplace(std::move(name), &space);
  }
  // Null: there is none of that name.
  Space* Find(std::string_view name) const {
    const auto found = spaces_.find(name);
    return found != spaces_.end() ? found->second : nullptr;
  }

 private:
  std::map<std::string, Space*, std::less<>> spaces_;
};

// The spaces that the callers of one listener reach. Handlers are made with
// it, so that none can forget by which listener a call came.
class ListenerSpaces {
 public:
  // `space` is the listener's, and outlives this object.
  explicit ListenerSpaces(Space& space) : space_(&space) {}

  // Where a caller's traces are, for as long as the call. Keys do not name a
  // space yet: everybody is in the listener's.
  Space& Of(const Principal&) const { return *space_; }

 private:
  Space* space_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SPACE_SPACE_SET_H_
