// The annotations that segments share with others of their context, as one
// text: per annotation its key as a byte string, its kind (0 text, 1 number,
// 2 false, 3 true) and the value.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_CONTEXT_ANNOTATIONS_H_
#define ROENTGEN_STORAGE_INDEX_CONTEXT_ANNOTATIONS_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "trace/document/segment_document.h"

namespace roentgen::storage {

// Whether a context may have an annotation of that key: those are of resources.
bool MayBeOfContext(std::string_view key);

std::string EncodeAnnotations(const std::vector<AnnotationPair>& annotations);

// Calls `use` with each. False when the bytes are none.
bool ReadAnnotations(
    std::string_view bytes,
    const std::function<void(std::string_view, const AnnotationView&)>& use);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_CONTEXT_ANNOTATIONS_H_
