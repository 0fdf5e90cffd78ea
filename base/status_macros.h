// Early return on error for absl::Status and absl::StatusOr.
//
//   RTG_RETURN_IF_ERROR(Open());
//   RTG_ASSIGN_OR_RETURN(Trace trace, Load(id));
#ifndef ROENTGEN_BASE_STATUS_MACROS_H_
#define ROENTGEN_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RTG_RETURN_IF_ERROR(expr)                                              \
  do {                                                                         \
    if (absl::Status rtg_status = (expr); !rtg_status.ok()) return rtg_status; \
  } while (false)

#define RTG_CONCAT_INNER(a, b) a##b
#define RTG_CONCAT(a, b) RTG_CONCAT_INNER(a, b)
#define RTG_ASSIGN_OR_RETURN(lhs, expr) \
  RTG_ASSIGN_OR_RETURN_IMPL(RTG_CONCAT(rtg_or_, __LINE__), lhs, expr)
#define RTG_ASSIGN_OR_RETURN_IMPL(tmp, lhs, expr) \
  auto tmp = (expr);                              \
  if (!tmp.ok()) return std::move(tmp).status();  \
  lhs = std::move(tmp).value()

#endif  // ROENTGEN_BASE_STATUS_MACROS_H_
