// What a group's expression was before, and when it changed.
//
// A trace's groups are those of its state after its newest record; they are
// decided some time later, by the expression that was in force then.
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_QUERY_GROUPS_GROUP_HISTORY_H_
#define ROENTGEN_QUERY_GROUPS_GROUP_HISTORY_H_

#include <string>
#include <vector>

#include "base/timestamp.h"

namespace roentgen::query {

struct PastExpression {
  Timestamp since;
  std::string expression;

  friend bool operator==(const PastExpression&,
                         const PastExpression&) = default;
};

struct GroupHistory {
  // When the present expression came into force. A group of a server that kept
  // no history has had it always.
  Timestamp since = Timestamp::Min();
  // Oldest first; each in force until the next one, or the present one.
  std::vector<PastExpression> past;
  std::vector<Timestamp> changes;  // Oldest first.

  friend bool operator==(const GroupHistory&, const GroupHistory&) = default;
};

// Another expression than `old` is in force from `now` on. What is too old, or
// more than limits.h allows, is forgotten, the oldest first.
void NoteChange(std::string old, Timestamp now, GroupHistory& history);

// Whether the expression changed in the range, as far as is remembered.
bool ChangedWithin(const GroupHistory& history, const TimeRange& range);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GROUPS_GROUP_HISTORY_H_
