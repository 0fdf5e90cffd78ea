#include "storage/engine/trace_predicate.h"

namespace roentgen::storage {

bool TextTest::Matches(std::string_view value) const {
  switch (op) {
    case TextOp::kExists:
      return true;
    case TextOp::kEqual:
      return value == text;
    case TextOp::kNotEqual:
      return value != text;
    case TextOp::kContains:
      return value.find(text) != std::string_view::npos;
    case TextOp::kBeginsWith:
      return value.starts_with(text);
    case TextOp::kEndsWith:
      return value.ends_with(text);
  }
  return false;
}

}  // namespace roentgen::storage
