// How names are normalised, and which node a downstream call stands for.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_NAME_RULES_H_
#define ROENTGEN_TRACE_DOCUMENT_NAME_RULES_H_

#include <string>
#include <string_view>

#include "trace/document/segment_document.h"

namespace roentgen::storage {

// Whether `name` is already in normal form: not over-long, and only letters,
// numbers, spaces and _ . : / % & # = + \ - @. Decides most ASCII names
// without further work.
bool IsPlainName(std::string_view name);

// Strips characters outside the set and cuts to limits::kNameCharsMax
// characters. A name of which nothing is left becomes "unknown": a document
// is never refused for the characters of a name.
std::string NormalizeName(std::string_view name);

// Canonical casing of a known AWS service ("dynamodb" -> "DynamoDB"); others
// unchanged. The result points to a constant or to `name`.
std::string_view CanonicalAwsName(std::string_view name);

// First `chars` characters (code points) of valid UTF-8.
std::string_view CutChars(std::string_view text, size_t chars);

// Whether a pair with this key is kept as an annotation: 1 to 500 of letters,
// digits, '_', '.', ':' (API Gateway writes "aws:api_id").
bool IsAnnotationKey(std::string_view key);

// The node a downstream call (namespace aws or remote) stands for.
struct CallTarget {
  std::string_view name;  // Node name.
  std::string type;       // Node type: "remote", "AWS::DynamoDB::Table", ...
  // `origin` of the inferred document; empty: the document has none.
  std::string_view origin() const {
    return type == "remote" ? std::string_view() : std::string_view(type);
  }
  // What aws.resource_names is set to; empty: not resolved.
  std::string_view resource;
};
// `call` is a subsegment with namespace kAws or kRemote.
CallTarget TargetOf(const EntityView& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_NAME_RULES_H_
