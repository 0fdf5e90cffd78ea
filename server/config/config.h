// What an operator can set. The table in settings.h gives each member its
// name, its meaning and its bounds; the values here are the defaults.
//
// Threads: plain value.
#ifndef ROENTGEN_SERVER_CONFIG_CONFIG_H_
#define ROENTGEN_SERVER_CONFIG_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/limits.h"
#include "server/config/listener.h"

namespace roentgen::server {

struct ByteCount {
  uint64_t bytes = 0;

  friend bool operator==(ByteCount, ByteCount) = default;
};

struct Config {
  std::string data_dir = "./roentgen-data";
  std::string store = "rocksdb";
  absl::Duration retention = absl::Hours(30 * 24);
  ByteCount disk_budget;   // Zero: none.
  ByteCount disk_reserve;  // Zero: four times memory_memtables.

  // In place of the seven below; see listeners_of.h.
  std::optional<std::vector<Listener>> listeners;
  std::vector<std::string> xray_http_listen = {"127.0.0.1:2000"};
  std::vector<std::string> xray_udp_listen = {"127.0.0.1:2000"};
  std::vector<std::string> grpc_listen = {"127.0.0.1:4317"};
  std::vector<std::string> otlp_http_listen = {"127.0.0.1:4318"};
  std::vector<std::string> admin_http_listen = {"127.0.0.1:16686"};
  std::vector<std::string> zipkin_http_listen;
  std::vector<std::string> jaeger_purge_listen;

  int64_t http_io_threads = 2;
  int64_t http_connections_max = 1024;
  ByteCount http_header_bytes_max{limits::kHttpHeaderBytesMax};
  ByteCount http_body_bytes_max{limits::kHttpBodyBytesMax};
  absl::Duration http_request_timeout = absl::Seconds(30);
  absl::Duration http_idle_timeout = absl::Seconds(75);
  absl::Duration http_write_timeout = absl::Seconds(30);
  int64_t grpc_connections_max = 1024;

  ByteCount udp_receive_buffer{8 * 1024 * 1024};
  ByteCount udp_unacknowledged_bytes_max{16 * 1024 * 1024};
  bool udp_keep_unsampled_spans = false;

  ByteCount otlp_request_bytes_max{limits::kOtlpRequestBytesMax};
  ByteCount otlp_span_bytes_max{limits::kSpanBytesMax};
  bool otlp_index_all_attributes = true;
  std::vector<std::string> otlp_indexed_attributes;
  std::string otlp_unknown_service_name = "unknown_service";

  std::vector<std::string> http_allowed_hosts;
  std::vector<std::string> cors_allowed_origins;
  std::vector<std::string> cors_allowed_headers;
  absl::Duration cors_max_age = absl::Hours(1);

  int64_t read_workers = 4;
  int64_t read_queue_max = 256;
  absl::Duration put_timeout = absl::Seconds(30);
  absl::Duration read_timeout = absl::Seconds(30);

  ByteCount memory_request_buffers{limits::kRequestBufferBytes};
  ByteCount memory_answers{limits::kAnswerBytes};
  ByteCount memory_query{limits::kQueryMemoryBytes};
  ByteCount memory_ingest_queue{limits::kIngestQueueBytes};
  ByteCount memory_open_table{limits::kOpenTableBytes};
  ByteCount memory_memtables{limits::kMemtableBytes};
  ByteCount memory_block_cache{limits::kBlockCacheBytes};

  std::string identity_account_id = "000000000000";
  std::string identity_region = "us-east-1";
  std::string identity_partition = "aws";
  bool strict_aws_limits = false;

  std::string auth_mode = "off";
  std::string auth_keys_file;
  std::string auth_unsigned_sampling = "loopback";
  bool auth_remote_udp = false;

  std::string redaction_file;

  std::string audit_file;
  ByteCount audit_file_bytes_max{limits::kAuditFileBytes};
  int64_t audit_files_max = limits::kAuditFiles;

  std::string tls_certificate;
  std::string tls_key;
  std::string tls_client_authorities;
  std::string tls_client_certificates = "off";
  std::string tls_min_version = "1.2";
  std::string tls_ciphers;

  std::string network_plaintext = "refused";
  std::vector<std::string> network_clients;
  std::vector<std::string> network_proxies;
  bool network_proxy_protocol = false;
  std::string socket_mode = "0600";
  std::string socket_group;

  std::string encryption_keys_file;
  std::vector<std::string> encryption_key_command;

  std::string insights_webhook_url;
  std::string insights_webhook_ca_file;

  std::string log_level = "info";
  std::string log_format = "text";
  absl::Duration shutdown_grace = absl::Seconds(10);
  std::string ports_file;

  friend bool operator==(const Config&, const Config&) = default;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_CONFIG_H_
