#include "server/config/settings.h"

#include <array>
#include <utility>

#include "base/listen_address.h"
#include "base/status_macros.h"
#include "server/config/setting_value.h"

namespace roentgen::server {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr int64_t kYearMs = 365 * kDayMs;
constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kTiB = int64_t{1} << 40;

const Setting kSettings[] = {
    {.name = "data_dir",
     .member = &Config::data_dir,
     .doc = "Folder of the store. Made when it does not exist."},
    {.name = "store",
     .member = &Config::store,
     .doc = "Where traces are kept. `memory` forgets them when the server "
            "stops.",
     .choices = "rocksdb|memory"},
    {.name = "retention",
     .member = &Config::retention,
     .doc = "How long a trace is kept after its last update.",
     .min = 1000,
     .max = 100 * kYearMs},
    {.name = "disk_budget",
     .member = &Config::disk_budget,
     .doc = "Size at which the oldest traces go before their retention ends. "
            "0: no limit.",
     .min = 0,
     .max = 1024 * kTiB},
    {.name = "disk_reserve",
     .member = &Config::disk_reserve,
     .doc = "What stays free on the disk of `data_dir`: with less, segments "
            "and spans are answered 503 until there is room. 0: four times "
            "`memory.memtables`.",
     .min = 0,
     .max = 1024 * kTiB},
    {.name = "xray.http.listen",
     .member = &Config::xray_http_listen,
     .doc = "X-Ray HTTP API. An empty list switches it off, here and below."},
    {.name = "xray.udp.listen",
     .member = &Config::xray_udp_listen,
     .doc = "X-Ray daemon protocol: what the X-Ray SDKs send to."},
    {.name = "grpc.listen",
     .member = &Config::grpc_listen,
     .doc = "gRPC services, health and reflection."},
    {.name = "otlp.http.listen",
     .member = &Config::otlp_http_listen,
     .doc = "OTLP over HTTP: POST /v1/traces, which the X-Ray HTTP API takes, "
            "too."},
    {.name = "admin.http.listen",
     .member = &Config::admin_http_listen,
     .doc = "Jaeger's query API, /healthz, /readyz and /metrics."},
    {.name = "zipkin.http.listen",
     .member = &Config::zipkin_http_listen,
     .doc = "Zipkin's API: POST /api/v2/spans, and queries; its own port is "
            "9411."},
    {.name = "jaeger.purge_listen",
     .member = &Config::jaeger_purge_listen,
     .doc = "POST /purge, which deletes every trace, for test suites of "
            "clients; see jaeger.md."},
    {.name = "http.io_threads",
     .member = &Config::http_io_threads,
     .doc = "Threads that read requests, parse segments and write answers.",
     .min = 1,
     .max = 256},
    {.name = "http.connections_max",
     .member = &Config::http_connections_max,
     .doc =
         "Connections open at once. For one more, the one that has been idle "
         "longest is closed; where none is, it is turned away with 503. Each "
         "takes a file descriptor.",
     .min = 1,
     .max = 1'000'000},
    {.name = "http.header_bytes_max",
     .member = &Config::http_header_bytes_max,
     .doc = "Request line and headers of one request; more is answered 431.",
     .min = 1024,
     .max = kMiB},
    {.name = "http.body_bytes_max",
     .member = &Config::http_body_bytes_max,
     .doc = "Body of one request, before and after inflating; more is "
            "answered 413.",
     .min = 1024,
     .max = 1024 * kMiB},
    {.name = "http.request_timeout",
     .member = &Config::http_request_timeout,
     .doc = "From the first byte of a request to its last; longer is answered "
            "408.",
     .min = 10,
     .max = kDayMs},
    {.name = "http.idle_timeout",
     .member = &Config::http_idle_timeout,
     .doc = "Between requests; the connection is closed after that.",
     .min = 10,
     .max = kDayMs},
    {.name = "http.write_timeout",
     .member = &Config::http_write_timeout,
     .doc = "For a client to take its answer, or a message of it; the "
            "connection is closed after that, and a gRPC call ended.",
     .min = 10,
     .max = kDayMs},
    {.name = "grpc.connections_max",
     .member = &Config::grpc_connections_max,
     .doc = "The same for gRPC, where one that is turned away is closed. Each "
            "takes three file descriptors.",
     .min = 1,
     .max = 1'000'000},
    {.name = "http.allowed_hosts",
     .member = &Config::http_allowed_hosts,
     .doc = "Names by which browsers may call the HTTP listeners, besides IP "
            "addresses and `localhost`: `traces.example`. Whatever is no "
            "browser may use any.",
     .list_of = ListOf::kTexts},
    {.name = "udp.receive_buffer",
     .member = &Config::udp_receive_buffer,
     .doc = "Socket buffer asked of the kernel. Without the right to exceed "
            "it, net.core.rmem_max is the limit.",
     .min = 4096,
     .max = 1024 * kMiB},
    {.name = "udp.unacknowledged_bytes_max",
     .member = &Config::udp_unacknowledged_bytes_max,
     .doc = "Documents from UDP that wait for their commit; beyond that "
            "datagrams are dropped and counted.",
     .min = 65'536,
     .max = 1024 * kMiB},
    {.name = "udp.keep_unsampled_spans",
     .member = &Config::udp_keep_unsampled_spans,
     .doc = "Keep OTLP spans from UDP whose sender says that they were not "
            "sampled."},
    {.name = "otlp.request_bytes_max",
     .member = &Config::otlp_request_bytes_max,
     .doc = "One request of OTLP, before and after inflating; more is answered "
            "413, or RESOURCE_EXHAUSTED over gRPC.",
     .min = 1024,
     .max = 1024 * kMiB},
    {.name = "otlp.span_bytes_max",
     .member = &Config::otlp_span_bytes_max,
     .doc = "One span; larger ones are rejected, and their neighbours kept.",
     .min = 1024,
     .max = 64 * kMiB},
    {.name = "otlp.index_all_attributes",
     .member = &Config::otlp_index_all_attributes,
     .doc = "Make every scalar attribute of a span an annotation, which "
            "searches find. Holds for spans that come from then on."},
    {.name = "otlp.indexed_attributes",
     .member = &Config::otlp_indexed_attributes,
     .doc = "The attributes that become annotations when not all do, besides "
            "those that a span asks for; `otel.resource.` stands before those "
            "of the resource.",
     .list_of = ListOf::kTexts},
    {.name = "otlp.unknown_service_name",
     .member = &Config::otlp_unknown_service_name,
     .doc = "Name of services that do not say theirs."},
    {.name = "cors.allowed_origins",
     .member = &Config::cors_allowed_origins,
     .doc = "Web pages that may call the HTTP listeners from a browser, by "
            "origin: `https://shop.example`. One `*` stands for any text. "
            "Empty: none.",
     .list_of = ListOf::kTexts},
    {.name = "cors.allowed_headers",
     .member = &Config::cors_allowed_headers,
     .doc = "Headers that they may send. Empty: those they ask for.",
     .list_of = ListOf::kTexts},
    {.name = "cors.max_age",
     .member = &Config::cors_max_age,
     .doc = "How long browsers may remember that. 0: as they like.",
     .min = 0,
     .max = kDayMs},
    {.name = "read_workers",
     .member = &Config::read_workers,
     .doc = "Threads that answer reads, over HTTP and gRPC.",
     .min = 1,
     .max = 256},
    {.name = "read_queue_max",
     .member = &Config::read_queue_max,
     .doc = "Reads that may wait for a worker; more are answered 429, or "
            "RESOURCE_EXHAUSTED over gRPC.",
     .min = 1,
     .max = 1'000'000},
    {.name = "put_timeout",
     .member = &Config::put_timeout,
     .doc = "For segments and spans to begin their commit, over HTTP and "
            "gRPC; longer is answered 503.",
     .min = 10,
     .max = kDayMs},
    {.name = "read_timeout",
     .member = &Config::read_timeout,
     .doc = "For a read, over HTTP and gRPC, or for a step of one that "
            "streams; looked at between traces and within large ones, longer "
            "is answered 503.",
     .min = 10,
     .max = kDayMs},
    {.name = "memory.request_buffers",
     .member = &Config::memory_request_buffers,
     .doc = "Bodies of requests over HTTP and gRPC; beyond that requests are "
            "answered 429. One caller may have three quarters of it.",
     .min = kMiB,
     .max = kTiB},
    {.name = "memory.answers",
     .member = &Config::memory_answers,
     .doc = "Answers that clients have not taken yet; beyond that reads are "
            "answered 503. One caller may have three quarters of it.",
     .min = kMiB,
     .max = kTiB},
    {.name = "memory.query",
     .member = &Config::memory_query,
     .doc = "What one search may use, and what one trace that is read may "
            "take with all that is made of it; what needs more is refused and "
            "says so.",
     .min = kMiB,
     .max = kTiB},
    {.name = "memory.ingest_queue",
     .member = &Config::memory_ingest_queue,
     .doc = "Segments and spans that wait for their commit; beyond that puts "
            "are answered 429.",
     .min = kMiB,
     .max = kTiB},
    {.name = "memory.open_table",
     .member = &Config::memory_open_table,
     .doc = "Traces that are still growing; beyond that they are sealed "
            "early.",
     .min = kMiB,
     .max = kTiB},
    {.name = "memory.memtables",
     .member = &Config::memory_memtables,
     .doc = "RocksDB's write buffers.",
     .min = kMiB,
     .max = kTiB},
    {.name = "memory.block_cache",
     .member = &Config::memory_block_cache,
     .doc = "Caches of reads: half is RocksDB's block cache, half holds "
            "unpacked blocks, directories and filters.",
     .min = kMiB,
     .max = kTiB},
    {.name = "identity.account_id",
     .member = &Config::identity_account_id,
     .doc = "AWS account id in answers that need one."},
    {.name = "identity.region",
     .member = &Config::identity_region,
     .doc = "AWS region in answers that need one."},
    {.name = "identity.partition",
     .member = &Config::identity_partition,
     .doc = "AWS partition in answers that need one.",
     .choices = "aws|aws-cn|aws-us-gov"},
    {.name = "strict_aws_limits",
     .member = &Config::strict_aws_limits,
     .doc = "Refuse what AWS refuses only for its size or age, and leave out "
            "subsegments whose segment is not there (with an empty store: what "
            "is sealed keeps its index)."},
    {.name = "auth.mode",
     .member = &Config::auth_mode,
     .doc = "Whether callers must have a key. `shape` asks for well-formed "
            "credentials and does not check them.",
     .choices = "off|shape|verify"},
    {.name = "auth.keys_file",
     .member = &Config::auth_keys_file,
     .doc = "YAML file of the keys that `verify` checks; see "
            "authentication.md."},
    {.name = "auth.unsigned_sampling",
     .member = &Config::auth_unsigned_sampling,
     .doc = "Who may ask for sampling rules and targets without a key, as the "
            "X-Ray SDKs do.",
     .choices = "nobody|loopback|anybody"},
    {.name = "auth.remote_udp",
     .member = &Config::auth_remote_udp,
     .doc = "Take datagrams, which have no key, at other addresses than "
            "loopback while auth.mode is not `off`."},
    {.name = "audit.file",
     .member = &Config::audit_file,
     .doc = "Where the audit log goes: a file, or `-` for standard error; see "
            "authentication.md. Empty: nowhere."},
    {.name = "audit.file_bytes_max",
     .member = &Config::audit_file_bytes_max,
     .doc =
         "A file of the audit log that is larger is put aside, and a new one "
         "begun.",
     .min = 64 * 1024,
     .max = kTiB},
    {.name = "audit.files_max",
     .member = &Config::audit_files_max,
     .doc = "So many of those are kept.",
     .min = 1,
     .max = 1000},
    {.name = "redaction.file",
     .member = &Config::redaction_file,
     .doc = "YAML file that says what of traces is not kept; see "
            "redaction.md."},
    {.name = "tls.certificate",
     .member = &Config::tls_certificate,
     .doc = "PEM file of the certificate that the TCP listeners show, its "
            "issuers behind it; see network.md. Empty: they speak plain text."},
    {.name = "tls.key",
     .member = &Config::tls_key,
     .doc = "PEM file of its private key, without a password."},
    {.name = "tls.client_authorities",
     .member = &Config::tls_client_authorities,
     .doc = "PEM file of the authorities that certificates of clients must be "
            "of."},
    {.name = "tls.client_certificates",
     .member = &Config::tls_client_certificates,
     .doc = "Whether clients show a certificate. With `asked` they need not.",
     .choices = "off|asked|required"},
    {.name = "tls.min_version",
     .member = &Config::tls_min_version,
     .doc = "The oldest version of TLS that is spoken.",
     .choices = "1.2|1.3"},
    {.name = "tls.ciphers",
     .member = &Config::tls_ciphers,
     .doc = "Ciphers by OpenSSL's names, with `:` between; those of TLS 1.3 "
            "begin with `TLS_`. Empty: safe ones."},
    {.name = "network.plaintext",
     .member = &Config::network_plaintext,
     .doc = "Whether listeners that other machines reach may do without TLS.",
     .choices = "refused|allowed"},
    {.name = "network.clients",
     .member = &Config::network_clients,
     .doc = "Addresses and networks that may connect or send datagrams: "
            "`10.0.0.0/8`, `2001:db8::/32`. Empty: all. Unix sockets have "
            "`socket.mode` instead.",
     .list_of = ListOf::kTexts},
    {.name = "network.proxies",
     .member = &Config::network_proxies,
     .doc = "Addresses and networks of proxies: of them `Forwarded` and "
            "`X-Forwarded-For` are believed.",
     .list_of = ListOf::kTexts},
    {.name = "network.proxy_protocol",
     .member = &Config::network_proxy_protocol,
     .doc = "Connections of those proxies begin with a header of the PROXY "
            "protocol, version 2."},
    {.name = "socket.mode",
     .member = &Config::socket_mode,
     .doc = "Mode of the files of Unix sockets: who may write may connect."},
    {.name = "socket.group",
     .member = &Config::socket_group,
     .doc = "Group of those files. Empty: that of the process."},
    {.name = "encryption.keys_file",
     .member = &Config::encryption_keys_file,
     .doc = "File of the master keys under which every file of the store is "
            "encrypted; see encryption.md. Empty: it is not."},
    {.name = "encryption.key_command",
     .member = &Config::encryption_key_command,
     .doc = "Absolute path of a program, and its arguments, that prints what "
            "would stand in that file. No shell reads them.",
     .list_of = ListOf::kTexts},
    {.name = "insights.webhook_url",
     .member = &Config::insights_webhook_url,
     .doc = "Where events of insights are posted, for groups with "
            "notifications. Empty: nowhere."},
    {.name = "insights.webhook_ca_file",
     .member = &Config::insights_webhook_ca_file,
     .doc = "PEM file of the authorities that the webhook's certificate must "
            "be of. Empty: the machine's."},
    {.name = "log.level",
     .member = &Config::log_level,
     .doc = "Least severe lines that are written.",
     .choices = "debug|info|warn|error|off"},
    {.name = "log.format",
     .member = &Config::log_format,
     .doc = "One line per event, as text or as JSON, on standard error.",
     .choices = "text|json"},
    {.name = "shutdown_grace",
     .member = &Config::shutdown_grace,
     .doc = "For requests that have begun when the server is told to stop.",
     .min = 0,
     .max = kDayMs},
    {.name = "ports_file",
     .member = &Config::ports_file,
     .doc = "File that gets the addresses listened on, as JSON, once the "
            "server is ready. Empty: none."},
};

bool IsChoice(std::string_view choices, std::string_view value) {
  while (!choices.empty()) {
    const size_t bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == choices.npos) break;
    choices.remove_prefix(bar + 1);
  }
  return false;
}

absl::Status CheckBounds(const Setting& setting, int64_t value,
                         const std::string& least, const std::string& most) {
  if (setting.max == 0 || (value >= setting.min && value <= setting.max)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("must be " + least + " to " + most);
}

// Parses text into the member it was made for.
struct TextSetter {
  const Setting& setting;
  std::string_view text;
  Config& config;

  absl::Status operator()(std::string Config::*member) const {
    if (!setting.choices.empty() && !IsChoice(setting.choices, text)) {
      return absl::InvalidArgumentError("must be one of " +
                                        std::string(setting.choices));
    }
    config.*member = text;
    return absl::OkStatus();
  }
  absl::Status operator()(bool Config::*member) const {
    RTG_ASSIGN_OR_RETURN(config.*member, ParseBool(text));
    return absl::OkStatus();
  }
  absl::Status operator()(int64_t Config::*member) const {
    RTG_ASSIGN_OR_RETURN(const int64_t value, ParseInt(text));
    RTG_RETURN_IF_ERROR(CheckBounds(setting, value, std::to_string(setting.min),
                                    std::to_string(setting.max)));
    config.*member = value;
    return absl::OkStatus();
  }
  absl::Status operator()(absl::Duration Config::*member) const {
    RTG_ASSIGN_OR_RETURN(const absl::Duration value, ParseDuration(text));
    RTG_RETURN_IF_ERROR(
        CheckBounds(setting, absl::ToInt64Milliseconds(value),
                    DurationText(absl::Milliseconds(setting.min)),
                    DurationText(absl::Milliseconds(setting.max))));
    config.*member = value;
    return absl::OkStatus();
  }
  absl::Status operator()(ByteCount Config::*member) const {
    RTG_ASSIGN_OR_RETURN(const ByteCount value, ParseByteCount(text));
    const auto bound = [](int64_t bytes) {
      return ByteCountText({static_cast<uint64_t>(bytes)});
    };
    RTG_RETURN_IF_ERROR(CheckBounds(setting, static_cast<int64_t>(value.bytes),
                                    bound(setting.min), bound(setting.max)));
    config.*member = value;
    return absl::OkStatus();
  }
  absl::Status operator()(std::vector<std::string> Config::*) const {
    std::vector<std::string> values;
    std::string_view rest = text;
    while (!rest.empty()) {
      const size_t comma = rest.find(',');
      values.emplace_back(rest.substr(0, comma));
      if (comma == rest.npos) break;
      rest.remove_prefix(comma + 1);
    }
    return SetFromList(setting, values, config);
  }
};

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

struct ValueReader {
  const Config& config;

  std::string operator()(std::string Config::*member) const {
    return config.*member;
  }
  std::string operator()(bool Config::*member) const {
    return config.*member ? "true" : "false";
  }
  std::string operator()(int64_t Config::*member) const {
    return std::to_string(config.*member);
  }
  std::string operator()(absl::Duration Config::*member) const {
    return DurationText(config.*member);
  }
  std::string operator()(ByteCount Config::*member) const {
    return ByteCountText(config.*member);
  }
  std::string operator()(std::vector<std::string> Config::*member) const {
    std::string text;
    for (const std::string& value : config.*member) {
      if (!text.empty()) text += ',';
      text += value;
    }
    return text;
  }
};

}  // namespace

std::span<const Setting> Settings() { return kSettings; }

const Setting* FindSetting(std::string_view name) {
  for (const Setting& setting : kSettings) {
    if (setting.name == name) return &setting;
  }
  return nullptr;
}

absl::Status SetFromText(const Setting& setting, std::string_view text,
                         Config& config) {
  return std::visit(TextSetter{setting, Trim(text), config}, setting.member);
}

absl::Status SetFromList(const Setting& setting,
                         const std::vector<std::string>& values,
                         Config& config) {
  const auto* member =
      std::get_if<std::vector<std::string> Config::*>(&setting.member);
  if (member == nullptr) {
    return absl::InvalidArgumentError("expected one value, not a list");
  }
  std::vector<std::string> elements;
  for (const std::string& value : values) {
    if (setting.list_of == ListOf::kTexts) {
      elements.emplace_back(Trim(value));
      continue;
    }
    RTG_ASSIGN_OR_RETURN(const ListenAddress address,
                         ListenAddress::Parse(Trim(value)));
    elements.push_back(address.ToString());
  }
  config.** member = std::move(elements);
  return absl::OkStatus();
}

bool IsList(const Setting& setting) {
  return std::holds_alternative<std::vector<std::string> Config::*>(
      setting.member);
}

std::string ValueText(const Setting& setting, const Config& config) {
  return std::visit(ValueReader{config}, setting.member);
}

}  // namespace roentgen::server
