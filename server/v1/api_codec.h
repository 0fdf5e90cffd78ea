// Between Protobuf messages and the values of X-Ray's operations, for any
// message whose fields are named as the members of a shape.
//
//   ApiValue request = FromProto(message, *operation.input);
//   if (auto error = CheckRequest(*operation.input, request)) ...
//   RTG_RETURN_IF_ERROR(ToProto(answer, *operation.output, &response));
//
// A field belongs to the member with the same name but for case and
// underscores: url_path to URLPath. Enum values are compared in the same way,
// without the name of their enum: INSIGHT_STATE_ACTIVE is "ACTIVE". Texts are
// string or bytes, times google.protobuf.Timestamp, and seconds may be a
// google.protobuf.Duration. A member without a field, or the other way round,
// is left out.
//
// Absent is: a field that can be absent and is; a list, map, enum or scalar
// that has its default, unless the member is required. (A required enum may be
// absent.)
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_V1_API_CODEC_H_
#define ROENTGEN_SERVER_V1_API_CODEC_H_

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "server/xray/model/api_model.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

// The field of a member; null when there is none.
const google::protobuf::FieldDescriptor* FieldOf(
    const google::protobuf::Descriptor& message, const ApiMember& member);

// `shape` is a structure. What has no value in the shape is for CheckRequest to
// refuse: an unknown enum value becomes its number, a time out of range a text.
// Of a list or map that is too long, only one item more than there may be is
// read.
ApiValue FromProto(const google::protobuf::Message& message,
                   const ApiShape& shape);

// Sets what `value` has. Errors: Internal when a value does not fit its field.
absl::Status ToProto(const ApiValue& value, const ApiShape& shape,
                     google::protobuf::Message* message);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_API_CODEC_H_
