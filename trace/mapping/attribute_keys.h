// The names of span attributes that the mapping knows.
//
// Sources: OpenTelemetry semantic conventions, those before 1.21 and those
// since; the attributes of AWS's own instrumentation.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_ATTRIBUTE_KEYS_H_
#define ROENTGEN_TRACE_MAPPING_ATTRIBUTE_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace roentgen::storage {

// Grouped by the block that uses them up.
enum class KnownKey : uint8_t {
  kUnknown,
  // Looked at, never used up.
  kAwsSpanKind,
  kAwsLocalService,
  kAwsRemoteService,
  kAwsRemoteOperation,
  kRemoteTarget,
  kRemoteNamespace,
  kPeerService,
  kServicePeerName,
  kAwsService,
  kRpcService,
  kRpcSystem,
  kRpcSystemName,
  kMessagingSystem,
  kMessagingDestination,
  kMessagingDestinationOld,
  kRedisIndex,
  kNetSockPeerAddr,
  kNetSockPeerPort,
  kNetworkPeerPort,
  kErrorType,
  kMessagingUrl,
  kDynamoTableNames,
  kMessageType,
  kMessagePayloadSize,
  // http
  kHttpMethod,
  kHttpRequestMethod,
  kHttpUserAgent,
  kUserAgentOriginal,
  kHttpStatusCode,
  kHttpResponseStatusCode,
  kHttpClientIp,
  kClientAddress,
  kNetPeerIp,
  kNetworkPeerAddress,
  kHttpUrl,
  kUrlFull,
  kHttpScheme,
  kUrlScheme,
  kHttpTarget,
  kHttpPath,
  kUrlPath,
  kUrlQuery,
  kHttpHost,
  kHttpServerName,
  kNetHostPort,
  kNetHostName,
  kHostName,
  kNetPeerName,
  kNetPeerPort,
  kServerAddress,
  kServerPort,
  // cause
  kHttpStatusText,
  // aws
  kRpcMethod,
  kAwsOperation,
  kAwsAccountId,
  kAwsRegion,
  kAwsRequestId,
  kAwsRequestIdOld,
  kAwsQueueUrl,
  kAwsQueueUrlNew,
  kAwsSqsQueueUrl,
  kAwsTableName,
  kAwsTableNameNew,
  // sql
  kDbName,
  kDbNamespace,
  kDbConnectionString,
  kDbSystem,
  kDbSystemName,
  kDbUser,
  kUserName,
  kDbStatement,
  kDbQueryText,
  // user
  kEnduserId,
  kUserId,
  // What a span asks for.
  kXrayAnnotations,
  kCount
};

inline constexpr KnownKey kFirstHttpKey = KnownKey::kHttpMethod;
inline constexpr KnownKey kLastHttpKey = KnownKey::kServerPort;
inline constexpr KnownKey kFirstAwsKey = KnownKey::kRpcMethod;
inline constexpr KnownKey kLastAwsKey = KnownKey::kAwsTableNameNew;
inline constexpr KnownKey kFirstSqlKey = KnownKey::kDbName;
inline constexpr KnownKey kLastSqlKey = KnownKey::kDbQueryText;
inline constexpr size_t kKnownKeys = static_cast<size_t>(KnownKey::kCount);

// An attribute named so and more brings a namespace of metadata; it is never
// an annotation.
inline constexpr std::string_view kMetadataPrefix = "aws.xray.metadata.";
inline bool IsMetadataNamespace(std::string_view key) {
  return key.size() > kMetadataPrefix.size() &&
         key.starts_with(kMetadataPrefix);
}

KnownKey KnownKeyOf(std::string_view key);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_ATTRIBUTE_KEYS_H_
