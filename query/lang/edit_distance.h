// How many slips of the keyboard lie between two words.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_EDIT_DISTANCE_H_
#define ROENTGEN_QUERY_LANG_EDIT_DISTANCE_H_

#include <cstddef>
#include <string_view>

namespace roentgen::query {

// Bytes to insert, delete, replace, or swap with their neighbour; `most` when
// it is that many or more. Costs the product of the lengths, or nothing where
// the lengths alone tell.
size_t EditDistance(std::string_view a, std::string_view b, size_t most);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_EDIT_DISTANCE_H_
