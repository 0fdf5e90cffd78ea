#include "tests/trace/mapping/random_spans.h"

#include <cstddef>

namespace roentgen::testing_support {
namespace {

constexpr const char* kKinds[] = {"SERVER",   "CLIENT",   "INTERNAL",
                                  "PRODUCER", "CONSUMER", "UNSPECIFIED",
                                  "77"};
constexpr const char* kKeys[] = {"aws.span.kind",
                                 "aws.local.service",
                                 "aws.remote.service",
                                 "aws.remote.operation",
                                 "peer.service",
                                 "aws.service",
                                 "rpc.service",
                                 "rpc.system",
                                 "rpc.method",
                                 "messaging.url",
                                 "aws.dynamodb.table_names",
                                 "message.type",
                                 "messaging.message_payload_size_bytes",
                                 "http.method",
                                 "http.request.method",
                                 "http.user_agent",
                                 "http.status_code",
                                 "http.response.status_code",
                                 "http.client_ip",
                                 "client.address",
                                 "net.peer.ip",
                                 "network.peer.address",
                                 "http.url",
                                 "url.full",
                                 "http.scheme",
                                 "http.target",
                                 "http.path",
                                 "url.path",
                                 "url.query",
                                 "http.host",
                                 "http.server_name",
                                 "net.host.port",
                                 "net.host.name",
                                 "host.name",
                                 "net.peer.name",
                                 "net.peer.port",
                                 "server.address",
                                 "server.port",
                                 "http.status_text",
                                 "aws.operation",
                                 "aws.account_id",
                                 "aws.region",
                                 "aws.request_id",
                                 "aws.queue_url",
                                 "aws.table_name",
                                 "db.name",
                                 "db.namespace",
                                 "db.connection_string",
                                 "db.system",
                                 "db.system.name",
                                 "db.user",
                                 "user.name",
                                 "db.statement",
                                 "enduser.id",
                                 "user.id",
                                 "aws.xray.annotations",
                                 "aws.xray.metadata.default",
                                 "aws.xray.metadata.x",
                                 "plain",
                                 "not plain",
                                 "\xC3\xBC",
                                 ""};
constexpr const char* kValues[] = {"\"LOCAL_ROOT\"",
                                   "\"aws-api\"",
                                   "\"AWS.SDK.dynamodb\"",
                                   "\"sqs\"",
                                   "\"10.1.2.3\"",
                                   "\"::1\"",
                                   "\"shop.example.com\"",
                                   "\"https\"",
                                   "443",
                                   "8080",
                                   "200",
                                   "404",
                                   "429",
                                   "503",
                                   "1000",
                                   "-1",
                                   "true",
                                   "1.5",
                                   "NaN",
                                   "\"mysql\"",
                                   "\"microsoft.sql_server\"",
                                   "\"redis\"",
                                   "null",
                                   "\"jdbc:mysql://u:p@db.example.com:3306/x\"",
                                   "[\"plain\",\"rpc.method\"]",
                                   "[\"table\"]",
                                   "\"\"",
                                   "{\"a\":[1,null]}",
                                   "bytes \"abc\"",
                                   "\"{\\\"a\\\":1,\\\"a\\\":[{}]}\"",
                                   "\"{\\\"a\\\":\"",
                                   "\"quote \\\" \\n\"",
                                   "\"\\u00fcml\\u00e4ut\"",
                                   "\"RECEIVED\""};
constexpr const char* kResource[] = {"service.name",
                                     "cloud.provider",
                                     "cloud.platform",
                                     "cloud.account.id",
                                     "host.id",
                                     "cloud.availability_zone",
                                     "telemetry.sdk.language",
                                     "telemetry.sdk.name",
                                     "service.version",
                                     "x/y"};
constexpr const char* kResourceValues[] = {
    "\"shop\"",       "\"aws\"",  "\"gcp\"",    "\"aws_ecs\"", "\"aws_ec2\"",
    "\"aws_lambda\"", "\"java\"", "\"python\"", "7",           "[1]"};

template <size_t n>
const char* Pick(std::mt19937& random, const char* const (&list)[n]) {
  return list[random() % n];
}

void AddEventsAndLinks(std::mt19937& random, std::vector<std::string>& lines) {
  if (random() % 4 == 0) {
    lines.push_back("event exception");
    lines.push_back("event.attr exception.type = \"E\"");
    lines.push_back(
        "event.attr exception.stacktrace = \"E: m\\n\\tat a.b(C.java:1)\\n"
        "Caused by: F: n\\n\\tat d.e(G.java:2)\"");
  }
  if (random() % 3 == 0) {
    lines.push_back("link 0123456789abcdef0123456789abcdef 00000000000000cd");
    if (random() % 2) {
      lines.push_back(std::string("link.attr ") +
                      "aws.xray.reserved.reference_type = " +
                      (random() % 2 ? "\"parent\"" : Pick(random, kValues)));
    }
  }
}

}  // namespace

std::vector<std::string> RandomSpanLines(std::mt19937& random) {
  std::vector<std::string> lines = {std::string("kind ") +
                                    Pick(random, kKinds)};
  if (random() % 2) lines.push_back("parent 00000000000000ab");
  if (random() % 4 == 0) lines.push_back("profile indexed http.method");
  if (random() % 3 == 0) lines.push_back("status ERROR broken");
  if (random() % 2) lines.push_back("name do \"it\"!");
  AddEventsAndLinks(random, lines);
  for (size_t n = random() % 12; n > 0; --n) {
    lines.push_back(std::string("attr ") + Pick(random, kKeys) + " = " +
                    Pick(random, kValues));
  }
  for (size_t n = random() % 6; n > 0; --n) {
    lines.push_back(std::string("resource ") + Pick(random, kResource) + " = " +
                    Pick(random, kResourceValues));
  }
  return lines;
}

}  // namespace roentgen::testing_support
