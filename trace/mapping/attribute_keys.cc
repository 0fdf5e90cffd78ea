#include "trace/mapping/attribute_keys.h"

#include <array>

namespace roentgen::storage {
namespace {

struct Row {
  std::string_view key;
  KnownKey known;
};

constexpr Row kRows[] = {
    {"aws.span.kind", KnownKey::kAwsSpanKind},
    {"aws.local.service", KnownKey::kAwsLocalService},
    {"aws.remote.service", KnownKey::kAwsRemoteService},
    {"aws.remote.operation", KnownKey::kAwsRemoteOperation},
    {"remoteTarget", KnownKey::kRemoteTarget},
    {"K8s.RemoteNamespace", KnownKey::kRemoteNamespace},
    {"peer.service", KnownKey::kPeerService},
    {"service.peer.name", KnownKey::kServicePeerName},
    {"aws.service", KnownKey::kAwsService},
    {"rpc.service", KnownKey::kRpcService},
    {"rpc.system", KnownKey::kRpcSystem},
    {"rpc.system.name", KnownKey::kRpcSystemName},
    {"messaging.system", KnownKey::kMessagingSystem},
    {"messaging.destination.name", KnownKey::kMessagingDestination},
    {"messaging.destination", KnownKey::kMessagingDestinationOld},
    {"db.redis.database_index", KnownKey::kRedisIndex},
    {"net.sock.peer.addr", KnownKey::kNetSockPeerAddr},
    {"net.sock.peer.port", KnownKey::kNetSockPeerPort},
    {"network.peer.port", KnownKey::kNetworkPeerPort},
    {"error.type", KnownKey::kErrorType},
    {"messaging.url", KnownKey::kMessagingUrl},
    {"aws.dynamodb.table_names", KnownKey::kDynamoTableNames},
    {"message.type", KnownKey::kMessageType},
    {"messaging.message_payload_size_bytes", KnownKey::kMessagePayloadSize},
    {"http.method", KnownKey::kHttpMethod},
    {"http.request.method", KnownKey::kHttpRequestMethod},
    {"http.user_agent", KnownKey::kHttpUserAgent},
    {"user_agent.original", KnownKey::kUserAgentOriginal},
    {"http.status_code", KnownKey::kHttpStatusCode},
    {"http.response.status_code", KnownKey::kHttpResponseStatusCode},
    {"http.client_ip", KnownKey::kHttpClientIp},
    {"client.address", KnownKey::kClientAddress},
    {"net.peer.ip", KnownKey::kNetPeerIp},
    {"network.peer.address", KnownKey::kNetworkPeerAddress},
    {"http.url", KnownKey::kHttpUrl},
    {"url.full", KnownKey::kUrlFull},
    {"http.scheme", KnownKey::kHttpScheme},
    {"url.scheme", KnownKey::kUrlScheme},
    {"http.target", KnownKey::kHttpTarget},
    {"http.path", KnownKey::kHttpPath},  // Of Zipkin's senders.
    {"url.path", KnownKey::kUrlPath},
    {"url.query", KnownKey::kUrlQuery},
    {"http.host", KnownKey::kHttpHost},
    {"http.server_name", KnownKey::kHttpServerName},
    {"net.host.port", KnownKey::kNetHostPort},
    {"net.host.name", KnownKey::kNetHostName},
    {"host.name", KnownKey::kHostName},
    {"net.peer.name", KnownKey::kNetPeerName},
    {"net.peer.port", KnownKey::kNetPeerPort},
    {"server.address", KnownKey::kServerAddress},
    {"server.port", KnownKey::kServerPort},
    {"http.status_text", KnownKey::kHttpStatusText},
    {"rpc.method", KnownKey::kRpcMethod},
    {"aws.operation", KnownKey::kAwsOperation},
    {"aws.account_id", KnownKey::kAwsAccountId},
    {"aws.region", KnownKey::kAwsRegion},
    {"aws.request_id", KnownKey::kAwsRequestId},
    {"aws.requestId", KnownKey::kAwsRequestIdOld},
    {"aws.queue_url", KnownKey::kAwsQueueUrl},
    {"aws.queue.url", KnownKey::kAwsQueueUrlNew},
    {"aws.sqs.queue.url", KnownKey::kAwsSqsQueueUrl},
    {"aws.table_name", KnownKey::kAwsTableName},
    {"aws.table.name", KnownKey::kAwsTableNameNew},
    {"db.name", KnownKey::kDbName},
    {"db.namespace", KnownKey::kDbNamespace},
    {"db.connection_string", KnownKey::kDbConnectionString},
    {"db.system", KnownKey::kDbSystem},
    {"db.system.name", KnownKey::kDbSystemName},
    {"db.user", KnownKey::kDbUser},
    {"user.name", KnownKey::kUserName},
    {"db.statement", KnownKey::kDbStatement},
    {"db.query.text", KnownKey::kDbQueryText},
    {"enduser.id", KnownKey::kEnduserId},
    {"user.id", KnownKey::kUserId},
    {"aws.xray.annotations", KnownKey::kXrayAnnotations},
};

constexpr size_t kShortest = 7;
constexpr size_t kSlots = 256;

constexpr size_t SlotOf(std::string_view key) {
  const auto at = [&](size_t i) { return static_cast<unsigned char>(key[i]); };
  const size_t n = key.size();
  return (n * 37 + at(0) * 5u + at(n / 2) * 11u + at(n - 3) * 17u +
          at(n - 1) * 3u) %
         kSlots;
}

// Open addressing: a key stands in its slot or in one of those behind.
constexpr std::array<Row, kSlots> MakeTable() {
  std::array<Row, kSlots> table{};
  for (const Row& row : kRows) {
    size_t slot = SlotOf(row.key);
    while (!table[slot].key.empty()) slot = (slot + 1) % kSlots;
    table[slot] = row;
  }
  return table;
}
constexpr std::array<Row, kSlots> kTable = MakeTable();

static_assert(std::size(kRows) + 1 == kKnownKeys);

}  // namespace

KnownKey KnownKeyOf(std::string_view key) {
  if (key.size() < kShortest) return KnownKey::kUnknown;
  for (size_t slot = SlotOf(key);; slot = (slot + 1) % kSlots) {
    const Row& row = kTable[slot];
    if (row.key == key) return row.known;
    if (row.key.empty()) return KnownKey::kUnknown;
  }
}

}  // namespace roentgen::storage
