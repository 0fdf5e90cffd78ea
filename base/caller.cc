#include "base/caller.h"

#include <algorithm>

#include "base/seeded_hash.h"

namespace roentgen {

CallerId CallerOf(std::string_view name) {
  return std::max<CallerId>(1, static_cast<CallerId>(SeededHash()(name)));
}

}  // namespace roentgen
