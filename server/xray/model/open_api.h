// The OpenAPI description of X-Ray's API, made from the model's table.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_MODEL_OPEN_API_H_
#define ROENTGEN_SERVER_XRAY_MODEL_OPEN_API_H_

#include <string>

namespace roentgen::server {

// One JSON object: OpenAPI 3.0.3. Members of Roentgen's own begin with
// "Roentgen".
std::string OpenApiJson();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_MODEL_OPEN_API_H_
