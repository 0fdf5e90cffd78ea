#include "storage/engine/check_report.h"

namespace roentgen::storage {

std::string_view NameOf(FindingKind kind) {
  switch (kind) {
    case FindingKind::kStore:
      return "store";
    case FindingKind::kMarks:
      return "marks";
    case FindingKind::kLog:
      return "log";
    case FindingKind::kHead:
      return "head";
    case FindingKind::kLocator:
      return "locator";
    case FindingKind::kDeadMark:
      return "dead mark";
    case FindingKind::kBlock:
      return "block";
    case FindingKind::kRecord:
      return "record";
    case FindingKind::kColumn:
      return "index";
    case FindingKind::kOperations:
      return "operations";
    case FindingKind::kRollUp:
      return "roll-up";
  }
  return "store";
}

}  // namespace roentgen::storage
