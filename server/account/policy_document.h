// Whether a text is a resource policy: JSON with statements that each have an
// effect and actions.
//
// The grammar is IAM's, as far as it can be judged without the services it
// speaks of: names of principals, actions and conditions are not looked up.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_ACCOUNT_POLICY_DOCUMENT_H_
#define ROENTGEN_SERVER_ACCOUNT_POLICY_DOCUMENT_H_

#include <string>

#include "absl/status/statusor.h"

namespace roentgen::server {

struct PolicyEffect {
  // Denies everybody the right to put another policy.
  bool locks_out = false;
};

// Errors: MalformedPolicyDocumentException (aws_status.h) says what is wrong.
absl::StatusOr<PolicyEffect> CheckPolicyDocument(const std::string& document);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ACCOUNT_POLICY_DOCUMENT_H_
