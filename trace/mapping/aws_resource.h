// What a resource says of the AWS resource that ran the code: the segment's
// origin and the members of its `aws` block.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_AWS_RESOURCE_H_
#define ROENTGEN_TRACE_MAPPING_AWS_RESOURCE_H_

#include <string>
#include <string_view>

#include "trace/span/span_view.h"

namespace roentgen::storage {

struct AwsResource {
  // False: it runs in another cloud, and nothing else is set.
  bool is_aws = true;
  std::string_view origin;  // Empty: none.
  std::string_view account_id;
  std::string_view instance_id;
  std::string_view availability_zone;  // Of the instance.
  // "ec2", "ecs", "elastic_beanstalk", "eks", "cloudwatch_logs" and "xray" as
  // members of a JSON object, without its braces. Never empty.
  std::string members;
};

// Views point into what `context` points into, or to constants.
AwsResource AwsResourceOf(const ContextView& context);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_AWS_RESOURCE_H_
