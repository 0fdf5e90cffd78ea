// Whole servers with TLS, on Unix sockets and behind networks: who reaches
// which API, as whom.
#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/ip_network.h"
#include "base/listen_address.h"
#include "gmock/gmock.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/app/server.h"
#include "server/config/listener.h"
#include "tests/server/http/test_client.h"
#include "tests/server/tls/certificates.h"
#include "tests/server/tls/tls_client.h"
#include "tests/support/socket_dir.h"

namespace roentgen::server {
namespace {

using grpc::StatusCode;
using testing::HasSubstr;

v1::GetTraceSummariesRequest AnyTrace() {
  v1::GetTraceSummariesRequest request;
  request.mutable_start_time()->set_seconds(1);
  request.mutable_end_time()->set_seconds(2);
  return request;
}

class TrustTest : public testing::Test {
 protected:
  TrustTest() {
    tls_.certificate = WriteText("server.pem", pair_.certificate);
    tls_.key = WriteText("server.key", pair_.key);
    ca_ = WriteText("ca.pem", authority_.authority().certificate);
    keys_ = WriteText(
        "keys.yaml",
        "keys:\n"
        "  - {id: reader, certificates: ['dns:reader.example'], "
        "permissions: [read]}\n"
        "  - {id: sender, certificates: ['uri:spiffe://example/sender'], "
        "permissions: [ingest]}\n"
        "  - {id: pinned, certificates: ['" +
            *KeyDigestName(pinned_.certificate) +
            "'], permissions: [read]}\n"
            "  - {id: secret, secret: s, permissions: [ingest]}\n");
  }

  Listener Make(const std::string& name, Protocol protocol,
                std::vector<Api> apis, bool has_tls = true) const {
    Listener listener;
    listener.where = "listeners[" + name + "]";
    listener.name = name;
    listener.protocol = protocol;
    listener.address = {"127.0.0.1", 0};
    listener.apis = std::move(apis);
    if (has_tls) listener.tls = tls_;
    return listener;
  }

  absl::Status Start(std::vector<Listener> listeners, Config config = {}) {
    server_.reset();
    config.store = "memory";
    config.log_level = "off";
    config.listeners = std::move(listeners);
    auto started = Server::Start(config, SystemClock());
    if (started.ok()) server_ = *std::move(started);
    return started.status();
  }
  // With HTTP and gRPC, both asking for certificates of known clients.
  void StartMutual(const std::string& how) {
    tls_.client_certificates = how;
    tls_.client_authorities = ca_;
    Config config;
    config.auth_mode = "verify";
    config.auth_keys_file = keys_;
    const absl::Status status =
        Start({Make("http", Protocol::kHttp, {Api::kXray, Api::kAdmin}),
               Make("grpc", Protocol::kGrpc, {Api::kV1, Api::kOtlp})},
              config);
    ASSERT_TRUE(status.ok()) << status;
  }

  std::string Address(const std::string& name) const {
    return server_->addresses().Of(name).at(0);
  }
  uint16_t Port(const std::string& name) const {
    return ListenAddress::Parse(Address(name))->port;
  }

  TlsClientOptions Trusting(const PemPair& own = {}) const {
    TlsClientOptions options;
    options.authority = authority_.authority().certificate;
    options.certificate = own.certificate;
    options.key = own.key;
    options.host = "localhost";
    return options;
  }
  // The status of a search; 0: no answer.
  int Http(const PemPair& own = {}, const std::string& header = "") const {
    TlsClient client(Port("http"), Trusting(own));
    client.Send(
        Post("/TraceSummaries", R"({"StartTime":1,"EndTime":2})", header));
    const std::string head = client.ReadResponse().head;
    return head.size() < 12 ? 0 : std::stoi(head.substr(9, 3));
  }

  std::shared_ptr<grpc::ChannelCredentials> Credentials(
      const PemPair& own = {}) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = authority_.authority().certificate;
    options.pem_cert_chain = own.certificate;
    options.pem_private_key = own.key;
    return grpc::SslCredentials(options);
  }
  static StatusCode Search(
      const std::string& address,
      const std::shared_ptr<grpc::ChannelCredentials>& credentials,
      const std::string& key = "") {
    const auto stub =
        v1::TraceService::NewStub(grpc::CreateChannel(address, credentials));
    grpc::ClientContext call;
    if (!key.empty()) call.AddMetadata("authorization", "Bearer " + key);
    const v1::GetTraceSummariesRequest request = AnyTrace();
    v1::GetTraceSummariesResponse response;
    return stub->GetTraceSummaries(&call, request, &response).error_code();
  }
  StatusCode Grpc(const PemPair& own = {}, const std::string& key = "") const {
    return Search(Address("grpc"), Credentials(own), key);
  }

  const CertificateMaker authority_ = NewAuthority();
  PemPair pair_ = ServerPair(authority_);
  const PemPair reader_ = ClientPair(authority_, "reader.example");
  const PemPair sender_ = ClientPair(authority_, "spiffe://example/sender");
  const PemPair pinned_ = ClientPair(authority_, "whoever");
  const PemPair unknown_ = ClientPair(authority_, "unknown.example");
  ListenerTls tls_;
  std::string ca_;
  std::string keys_;
  std::unique_ptr<Server> server_;
};

TEST_F(TrustTest, ServesHttpAndGrpcOverTls) {
  ASSERT_TRUE(Start({Make("http", Protocol::kHttp, {Api::kXray}),
                     Make("grpc", Protocol::kGrpc, {Api::kV1})})
                  .ok());
  EXPECT_EQ(Http(), 200);
  EXPECT_EQ(Grpc(), StatusCode::OK);
  // Nobody else is believed, and nothing is said in the clear.
  const CertificateMaker other = NewAuthority();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = other.authority().certificate;
  EXPECT_EQ(Search(Address("grpc"), grpc::SslCredentials(options)),
            StatusCode::UNAVAILABLE);
  EXPECT_EQ(Search(Address("grpc"), grpc::InsecureChannelCredentials()),
            StatusCode::UNAVAILABLE);
}

TEST_F(TrustTest, ACertificateIsAKey) {
  StartMutual("asked");
  EXPECT_EQ(Http(reader_), 200);
  EXPECT_EQ(Grpc(reader_), StatusCode::OK);
  EXPECT_EQ(Http(pinned_), 200);
  EXPECT_EQ(Grpc(pinned_), StatusCode::OK);
  // May send, and not read.
  EXPECT_EQ(Http(sender_), 403);
  EXPECT_EQ(Grpc(sender_), StatusCode::PERMISSION_DENIED);
  for (const PemPair& nobody : {unknown_, PemPair()}) {
    EXPECT_EQ(Http(nobody), 403);
    EXPECT_EQ(Grpc(nobody), StatusCode::UNAUTHENTICATED);
  }
  // What a call says of itself comes first, right or wrong.
  EXPECT_EQ(Http(reader_, "Authorization: Bearer secret:s\r\n"), 403);
  EXPECT_EQ(Grpc(reader_, "secret:s"), StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(Http(reader_, "Authorization: Bearer secret:x\r\n"), 403);
  EXPECT_EQ(Grpc(reader_, "secret:x"), StatusCode::UNAUTHENTICATED);
}

TEST_F(TrustTest, WhoShowsNothingDoesNotComeInWhereItIsRequired) {
  StartMutual("required");
  EXPECT_EQ(Http(reader_), 200);
  EXPECT_EQ(Grpc(reader_), StatusCode::OK);
  EXPECT_EQ(Http(), 0);
  EXPECT_EQ(Grpc(), StatusCode::UNAVAILABLE);
  const PemPair foreign = ClientPair(NewAuthority(), "reader.example");
  EXPECT_EQ(Http(foreign), 0);
  EXPECT_EQ(Grpc(foreign), StatusCode::UNAVAILABLE);
}

TEST_F(TrustTest, ReadsCertificatesAgain) {
  ASSERT_TRUE(Start({Make("http", Protocol::kHttp, {Api::kXray}),
                     Make("grpc", Protocol::kGrpc, {Api::kV1})})
                  .ok());
  const auto stub = v1::TraceService::NewStub(
      grpc::CreateChannel(Address("grpc"), Credentials()));
  const auto call_open_connection = [&] {
    grpc::ClientContext call;
    v1::GetTraceSummariesResponse response;
    return stub->GetTraceSummaries(&call, AnyTrace(), &response).error_code();
  };
  EXPECT_EQ(call_open_connection(), StatusCode::OK);
  const PemPair next = ServerPair(authority_);
  WriteText("server.pem", next.certificate);
  server_->Reload();  // The key is not there yet: nothing changes.
  EXPECT_EQ(TlsClient(Port("http"), Trusting()).certificate(),
            pair_.certificate);
  EXPECT_EQ(Grpc(), StatusCode::OK);
  WriteText("server.key", next.key);
  server_->Reload();
  EXPECT_EQ(TlsClient(Port("http"), Trusting()).certificate(),
            next.certificate);
  EXPECT_EQ(Grpc(), StatusCode::OK);
  EXPECT_EQ(call_open_connection(), StatusCode::OK);
}

TEST_F(TrustTest, DoesNotStartWithAPairThatCannotBeUsed) {
  WriteText("server.key", ServerPair(authority_).key);
  for (const Protocol protocol : {Protocol::kHttp, Protocol::kGrpc}) {
    const absl::Status status = Start({Make("a", protocol, {Api::kOtlp})});
    EXPECT_THAT(std::string(status.message()), HasSubstr("listeners[a]"));
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("server.key' is not the key of"));
  }
}

TEST_F(TrustTest, MetricsTellOfHandshakesAndCertificates) {
  ASSERT_TRUE(
      Start({Make("http", Protocol::kHttp, {Api::kXray, Api::kAdmin})}).ok());
  TlsClient client(Port("http"), Trusting());
  client.Send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const std::string metrics = client.ReadResponse().body;
  EXPECT_THAT(metrics, HasSubstr("roentgen_tls_handshakes_total{version="
                                 "\"TLSv1.3\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("roentgen_tls_certificate_expires_seconds"));
  EXPECT_THAT(metrics, HasSubstr("roentgen_connections_not_in_total{reason="
                                 "\"network\"} 0"));
}

TEST_F(TrustTest, UnixSocketsServeEveryProtocol) {
  const testing_support::SocketDir dir;
  Listener http = Make("http", Protocol::kHttp, {Api::kAdmin}, false);
  Listener rpc = Make("grpc", Protocol::kGrpc, {Api::kV1}, false);
  Listener udp = Make("udp", Protocol::kUdp, {Api::kXray}, false);
  http.address = {.path = dir.Path("h")};
  rpc.address = {.path = dir.Path("g")};
  udp.address = {.path = dir.Path("u")};
  const absl::Status status = Start({http, rpc, udp});
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(
      Search("unix:" + rpc.address.path, grpc::InsecureChannelCredentials()),
      StatusCode::OK);
  const auto connected = [](const ListenAddress& address, int type) {
    const int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    const SocketAddress where = ToSocketAddress(address);
    EXPECT_EQ(connect(fd, where.get(), where.size), 0) << address.path;
    return fd;
  };
  const int sender = connected(udp.address, SOCK_DGRAM);
  EXPECT_EQ(send(sender, "junk", 4, 0), 4);
  close(sender);
  EXPECT_EQ(server_->addresses().Of("udp").at(0), udp.address.ToString());
  TestClient client = TestClient::Over(connected(http.address, SOCK_STREAM));
  client.Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(client.Read().status, 200);
  ASSERT_TRUE(server_->Shutdown().ok());
  for (const Listener& listener : {http, rpc, udp}) {
    EXPECT_NE(access(listener.address.path.c_str(), F_OK), 0);
  }
}

TEST_F(TrustTest, NetworksHoldForEveryProtocol) {
  std::vector<Listener> listeners = {
      Make("http", Protocol::kHttp, {Api::kXray}, false),
      Make("grpc", Protocol::kGrpc, {Api::kV1}, false),
      Make("admin", Protocol::kHttp, {Api::kAdmin}, false)};
  const std::vector<IpNetwork> elsewhere = {*IpNetwork::Parse("10.0.0.0/8")};
  listeners[0].network.clients = elsewhere;
  listeners[1].network.clients = elsewhere;
  ASSERT_TRUE(Start(listeners).ok());
  TestClient client(Port("http"));
  EXPECT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(Search(Address("grpc"), grpc::InsecureChannelCredentials()),
            StatusCode::UNAVAILABLE);
  TestClient admin(Port("admin"));
  admin.Send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_EQ(admin.Read().status, 200);
}

TEST_F(TrustTest, PlainTextIsNotServedToOtherMachines) {
  for (const Protocol protocol :
       {Protocol::kHttp, Protocol::kGrpc, Protocol::kUdp}) {
    Listener listener =
        Make("a", protocol,
             {protocol == Protocol::kUdp ? Api::kXray : Api::kOtlp}, false);
    listener.address = {"0.0.0.0", 0};
    EXPECT_THAT(std::string(Start({listener}).message()),
                HasSubstr("would speak plain text"));
    listener.network.plaintext = "allowed";
    EXPECT_TRUE(Start({listener}).ok());
  }
}

// A page that a browser was led to can send such a request to any listener.
TEST_F(TrustTest, PagesOfOthersReachNoHttpListener) {
  std::vector<Listener> listeners;
  for (const Api api : {Api::kXray, Api::kOtlp, Api::kJaeger, Api::kZipkin,
                        Api::kAdmin, Api::kPurge}) {
    listeners.push_back(Make("a" + std::to_string(listeners.size()),
                             Protocol::kHttp, {api}, false));
  }
  ASSERT_TRUE(Start(listeners).ok());
  const std::pair<std::string, int> requests[] = {
      {"Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n", 403},
      {"Host: 127.0.0.1\r\nOrigin: null\r\n", 403},
      {"Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\n", 403},
      {"Host: rebound.evil.example\r\nOrigin: "
       "http://rebound.evil.example\r\n",
       403},
      {"Host: rebound.evil.example\r\nSec-Fetch-Site: same-origin\r\n", 403},
      {"Host: rebound.evil.example\r\n", 0},  // No browser.
      {"Host: localhost\r\nOrigin: http://localhost\r\n", 0}};
  for (const Listener& listener : listeners) {
    for (const char* path : {"/CreateGroup", "/v1/traces", "/api/traces",
                             "/api/v2/spans", "/metrics", "/purge", "/"}) {
      for (const auto& [headers, status] : requests) {
        TestClient client(Port(listener.name));
        client.Send(std::string("POST ") + path + " HTTP/1.1\r\n" + headers +
                    "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
        const int answered = client.Read().status;
        if (status != 0) {
          EXPECT_EQ(answered, status) << listener.name << path << headers;
        } else {
          EXPECT_NE(answered, 403) << listener.name << path << headers;
        }
      }
    }
  }
}

}  // namespace
}  // namespace roentgen::server
