// A hash of texts for tables in memory whose keys come from callers: it differs
// from run to run, so that nobody can choose texts that fall into one place.
// XXH3 with a secret of its own; a seed would not do, since bytes of a text can
// undo it. Never for what is stored.
//
// Threads: thread-safe.
#ifndef ROENTGEN_BASE_SEEDED_HASH_H_
#define ROENTGEN_BASE_SEEDED_HASH_H_

#include <cstddef>
#include <string_view>

namespace roentgen {

struct SeededHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_SEEDED_HASH_H_
