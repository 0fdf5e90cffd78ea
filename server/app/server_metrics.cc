#include "server/app/server_metrics.h"

#include <array>
#include <map>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "storage/engine/backup_source.h"

namespace roentgen::server {
namespace {

using Kind = Metrics::Kind;
using Samples = std::vector<Metrics::Sample>;

constexpr std::array<std::pair<IngestSource, const char*>, kIngestSourceCount>
    kSources = {{{IngestSource::kHttp, "http"},
                 {IngestSource::kUdp, "udp"},
                 {IngestSource::kGrpc, "grpc"}}};

// One sample per ingest source.
void AddPerSource(Metrics& metrics, const Metrics::Name& name,
                  const IngestPipeline& pipeline,
                  uint64_t IngestCounts::*member) {
  metrics.AddSource(Kind::kCounter, name, [&pipeline, member] {
    Samples samples;
    for (const auto& [source, label] : kSources) {
      samples.push_back(
          {.labels = {{"source", label}},
           .value = static_cast<double>(pipeline.Counts(source).*member)});
    }
    return samples;
  });
}

struct SpanSourceRow {
  SpanSource source;
  const char* protocol;
  const char* transport;
};
constexpr SpanSourceRow kSpanSources[kSpanSourceCount] = {
    {SpanSource::kOtlpGrpc, "otlp", "grpc"},
    {SpanSource::kOtlpHttp, "otlp", "http"},
    {SpanSource::kOtlpUdp, "otlp", "udp"},
    {SpanSource::kZipkin, "zipkin", "http"},
};

struct SpanRow {
  const char* name;
  const char* help;
  uint64_t SpanCounts::*member;
};
constexpr SpanRow kSpanRows[] = {
    {"roentgen_ingest_span_requests_total", "Requests that bring spans.",
     &SpanCounts::requests},
    {"roentgen_ingest_span_bytes_total", "Bytes of those requests, inflated.",
     &SpanCounts::bytes},
    {"roentgen_ingest_spans_total", "Spans received.", &SpanCounts::received},
    {"roentgen_ingest_accepted_spans_total", "Spans acknowledged as durable.",
     &SpanCounts::accepted},
    {"roentgen_ingest_failed_spans_total", "Good spans the store refused.",
     &SpanCounts::failed},
};

struct UsageRow {
  Kind kind;
  const char* name;
  const char* help;
  uint64_t storage::EngineUsage::*member;
};

using storage::EngineUsage;
constexpr UsageRow kUsageRows[] = {
    {Kind::kGauge, "roentgen_store_disk_bytes", "Size of the store on disk.",
     &EngineUsage::disk_bytes},
    {Kind::kGauge, "roentgen_store_memory_bytes",
     "Open traces and queued writes in memory.", &EngineUsage::memory_bytes},
    {Kind::kGauge, "roentgen_store_open_traces",
     "Traces that are still growing.", &EngineUsage::open_traces},
    {Kind::kGauge, "roentgen_store_open_records", "Records of open traces.",
     &EngineUsage::open_records},
    {Kind::kGauge, "roentgen_store_sealed_batches", "Sealed batches.",
     &EngineUsage::sealed_batches},
    {Kind::kGauge, "roentgen_store_sealed_traces", "Sealed traces.",
     &EngineUsage::sealed_traces},
    {Kind::kGauge, "roentgen_ingest_queue_bytes",
     "Records that wait for their commit.", &EngineUsage::queued_bytes},
    {Kind::kCounter, "roentgen_store_commits_total", "Commits.",
     &EngineUsage::commits},
    {Kind::kCounter, "roentgen_store_records_written_total",
     "Records made durable.", &EngineUsage::records_written},
    {Kind::kCounter, "roentgen_store_traces_reopened_total",
     "Sealed traces that got late records.", &EngineUsage::traces_reopened},
    {Kind::kCounter, "roentgen_store_buckets_dropped_total",
     "Buckets dropped by retention.", &EngineUsage::buckets_dropped},
    {Kind::kCounter, "roentgen_store_reopened_total",
     "Times that the store was opened again because its writing had failed.",
     &EngineUsage::reopened},
    {Kind::kGauge, "roentgen_store_damaged_batches",
     "Sealed batches that searches leave out, for their index is damaged.",
     &EngineUsage::damaged_batches},
    {Kind::kGauge, "roentgen_store_clock_doubted",
     "1 while the time of day is not believed, and nothing is dropped by it.",
     &EngineUsage::clock_doubted},
};

Samples One(double value) { return {{.labels = {}, .value = value}}; }

// Names of the families of one protocol.
struct RequestFamilies {
  const char* count;
  const char* seconds;
  const char* operation_label;
  const char* status_label;
};

// Counts and durations of requests, made as operations appear.
class RequestHistograms {
 public:
  RequestHistograms(Metrics& metrics, const RequestFamilies& families)
      : metrics_(metrics), families_(families) {}

  void Observe(const std::string& operation, int status,
               absl::Duration duration) {
    Entry entry = Find(operation.empty() ? "none" : operation, status);
    entry.count->Increment();
    entry.seconds->Observe(absl::ToDoubleSeconds(duration));
  }

 private:
  struct Entry {
    Metrics::Counter* count = nullptr;
    Metrics::Histogram* seconds = nullptr;
  };

  Entry Find(const std::string& operation, int status) {
    MutexLock lock(mu_);
    Entry& entry = entries_[{operation, status}];
    if (entry.count == nullptr) {
      entry.count = &metrics_.AddCounter(
          {families_.count,
           "Requests answered.",
           {{families_.operation_label, operation},
            {families_.status_label, std::to_string(status)}}});
      entry.seconds =
          &metrics_.AddHistogram({families_.seconds,
                                  "From the whole request to its answer.",
                                  {{families_.operation_label, operation}}},
                                 DurationBounds());
    }
    return entry;
  }

  Metrics& metrics_;
  const RequestFamilies families_;
  Mutex mu_;
  std::map<std::pair<std::string, int>, Entry> entries_ RTG_GUARDED_BY(mu_);
};

}  // namespace

void AddIngestMetrics(Metrics& metrics, const IngestPipeline& pipeline) {
  AddPerSource(metrics,
               {"roentgen_ingest_documents_received_total",
                "Segment documents received.",
                {}},
               pipeline, &IngestCounts::received);
  AddPerSource(metrics,
               {"roentgen_ingest_documents_accepted_total",
                "Segment documents acknowledged as durable.",
                {}},
               pipeline, &IngestCounts::accepted);
  AddPerSource(metrics,
               {"roentgen_ingest_documents_failed_total",
                "Good documents the store refused.",
                {}},
               pipeline, &IngestCounts::failed);
  AddPerSource(
      metrics,
      {"roentgen_ingest_bytes_total", "Bytes of received documents.", {}},
      pipeline, &IngestCounts::bytes);
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_ingest_documents_rejected_total",
       "Segment documents refused, by error code.",
       {}},
      [&pipeline] {
        Samples samples;
        for (const auto& [code, count] : pipeline.RejectCounts()) {
          samples.push_back({.labels = {{"code", code}},
                             .value = static_cast<double>(count)});
        }
        return samples;
      });
}

void AddSpanMetrics(Metrics& metrics, const SpanPipeline& pipeline) {
  for (const SpanRow& row : kSpanRows) {
    metrics.AddSource(
        Kind::kCounter, {row.name, row.help, {}},
        [&pipeline, member = row.member] {
          Samples samples;
          for (const SpanSourceRow& source : kSpanSources) {
            samples.push_back({.labels = {{"protocol", source.protocol},
                                          {"transport", source.transport}},
                               .value = static_cast<double>(
                                   pipeline.Counts(source.source).*member)});
          }
          return samples;
        });
  }
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_ingest_rejected_spans_total", "Spans refused, by reason.", {}},
      [&pipeline] {
        Samples samples;
        for (const auto& [reason, count] : pipeline.RejectCounts()) {
          samples.push_back({.labels = {{"reason", reason}},
                             .value = static_cast<double>(count)});
        }
        return samples;
      });
}

void AddEngineMetrics(Metrics& metrics, const storage::TraceEngine& engine) {
  for (const UsageRow& row : kUsageRows) {
    metrics.AddSource(row.kind, {row.name, row.help, {}},
                      [&engine, member = row.member] {
                        return One(static_cast<double>(engine.Usage().*member));
                      });
  }
  metrics.AddSource(
      Kind::kGauge,
      {"roentgen_store_healthy", "1 while the store takes writes.", {}},
      [&engine] { return One(engine.Accepts().ok() ? 1 : 0); });
}

void AddAuditMetrics(Metrics& metrics, const AuditLog& audit) {
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_audit_lines_total", "Lines of the audit log.", {}},
      [&audit] { return One(static_cast<double>(audit.written())); });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_audit_refusals_left_out_total",
       "Callers turned away without a line of the audit log.",
       {}},
      [&audit] { return One(static_cast<double>(audit.left_out())); });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_audit_lines_lost_total",
       "Lines of the audit log that could not be written.",
       {}},
      [&audit] { return One(static_cast<double>(audit.lost())); });
}

void AddBackupMetrics(Metrics& metrics, const storage::TraceEngine& engine) {
  const auto* source = storage::BackupSource::Of(engine);
  if (source == nullptr) return;
  metrics.AddSource(
      Kind::kGauge,
      {"roentgen_backups_running", "Backups that are being sent.", {}},
      [source] { return One(static_cast<double>(source->Backups().running)); });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_backups_total", "Backups that ended, by outcome.", {}},
      [source]() -> Samples {
        const storage::BackupStats stats = source->Backups();
        return {{.labels = {{"outcome", "completed"}},
                 .value = static_cast<double>(stats.completed)},
                {.labels = {{"outcome", "failed"}},
                 .value = static_cast<double>(stats.failed)}};
      });
  metrics.AddSource(
      Kind::kGauge,
      {"roentgen_backup_last_success_timestamp_seconds",
       "When the last backup since the start was sent whole; 0: none was.",
       {}},
      [source] {
        const auto last = source->Backups().last_completed;
        return One(
            last ? absl::ToDoubleSeconds(last->ToTime() - absl::UnixEpoch())
                 : 0);
      });
}

void AddTelemetryMetrics(Metrics& metrics, const Telemetry& telemetry) {
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_daemon_segments_total",
       "Segments that X-Ray daemons report of themselves, by what became of "
       "them.",
       {}},
      [&telemetry]() -> Samples {
        const TelemetryCounts counts = telemetry.totals();
        const auto one = [](const char* outcome, uint64_t count) {
          return Metrics::Sample{.labels = {{"outcome", outcome}},
                                 .value = static_cast<double>(count)};
        };
        return {one("received", counts.segments_received),
                one("sent", counts.segments_sent),
                one("spilled", counts.segments_spilled),
                one("rejected", counts.segments_rejected)};
      });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_daemon_connection_errors_total",
       "Failures to reach this server that X-Ray daemons report.",
       {}},
      [&telemetry] {
        return One(static_cast<double>(telemetry.totals().connection_errors));
      });
}

void AddInsightMetrics(Metrics& metrics, const InsightNotifier* notifier) {
  if (notifier == nullptr) return;
  struct Row {
    const char* name;
    const char* help;
    uint64_t (InsightNotifier::*count)() const;
  };
  for (const Row& row : {Row{"roentgen_insight_events_delivered_total",
                             "Events of insights that the webhook took.",
                             &InsightNotifier::delivered},
                         Row{"roentgen_insight_delivery_failures_total",
                             "Attempts to reach the webhook that failed.",
                             &InsightNotifier::failures},
                         Row{"roentgen_insight_events_dropped_total",
                             "Events given up after too many attempts.",
                             &InsightNotifier::dropped}}) {
    metrics.AddSource(Kind::kCounter, {row.name, row.help, {}},
                      [notifier, count = row.count] {
                        return One(static_cast<double>((notifier->*count)()));
                      });
  }
}

void AddUdpMetrics(Metrics& metrics,
                   const std::vector<std::unique_ptr<UdpListener>>& listeners) {
  metrics.AddSource(Kind::kCounter,
                    {"roentgen_udp_datagrams_received_total",
                     "Datagrams read from the socket.",
                     {}},
                    [&listeners] {
                      double received = 0;
                      for (const auto& listener : listeners) {
                        received +=
                            static_cast<double>(listener->Counts().received);
                      }
                      return One(received);
                    });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_udp_datagrams_dropped_total",
       "Datagrams lost, by reason.",
       {}},
      [&listeners] {
        std::map<std::string, double> dropped;
        for (const auto& listener : listeners) {
          for (const auto& [reason, count] : listener->Counts().dropped) {
            dropped[reason] += static_cast<double>(count);
          }
        }
        Samples samples;
        for (const auto& [reason, count] : dropped) {
          samples.push_back({.labels = {{"reason", reason}}, .value = count});
        }
        return samples;
      });
}

void AddHttpMetrics(Metrics& metrics, const HttpServer& server) {
  metrics.AddSource(
      Kind::kGauge, {"roentgen_http_connections", "Open connections.", {}},
      [&server] {
        return One(static_cast<double>(server.Stats().connections));
      });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_http_connections_refused_total",
       "Connections turned away at the limit.",
       {}},
      [&server] {
        return One(static_cast<double>(server.Stats().connections_refused));
      });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_http_connections_displaced_total",
       "Idle connections that were closed for others, at the limit.",
       {}},
      [&server] {
        return One(static_cast<double>(server.Stats().connections_displaced));
      });
  metrics.AddSource(
      Kind::kGauge,
      {"roentgen_request_memory_bytes", "Bodies of requests in memory.", {}},
      [&server] {
        return One(static_cast<double>(server.Stats().request_bytes));
      });
}

void AddGrpcMetrics(Metrics& metrics, const GrpcFront& front,
                    const std::vector<std::unique_ptr<GrpcServer>>& servers) {
  metrics.AddSource(Kind::kCounter,
                    {"roentgen_grpc_calls_unread_total",
                     "Calls ended because their client took nothing.",
                     {}},
                    [&servers] {
                      uint64_t calls = 0;
                      for (const auto& server : servers) {
                        calls += server->unread_calls();
                      }
                      return One(static_cast<double>(calls));
                    });
  metrics.AddSource(
      Kind::kGauge, {"roentgen_grpc_connections", "Open connections.", {}},
      [&front] { return One(static_cast<double>(front.Stats().connections)); });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_grpc_connections_refused_total",
       "Connections turned away or ended before gRPC, by reason.",
       {}},
      [&front] {
        const GrpcFrontStats stats = front.Stats();
        Samples samples;
        for (size_t i = 0; i < stats.refused.size(); ++i) {
          samples.push_back(
              {.labels = {{"reason",
                           std::string(NameOf(static_cast<FrontRefusal>(i)))}},
               .value = static_cast<double>(stats.refused[i])});
        }
        return samples;
      });
}

std::function<void(const HttpExchange&)> RequestObserver(Metrics& metrics) {
  auto histograms = std::make_shared<RequestHistograms>(
      metrics, RequestFamilies{.count = "roentgen_http_requests_total",
                               .seconds = "roentgen_http_request_seconds",
                               .operation_label = "operation",
                               .status_label = "status"});
  return [histograms](const HttpExchange& exchange) {
    histograms->Observe(exchange.operation, exchange.status, exchange.duration);
  };
}

GrpcObserver CallObserver(Metrics& metrics) {
  auto histograms = std::make_shared<RequestHistograms>(
      metrics, RequestFamilies{.count = "roentgen_grpc_calls_total",
                               .seconds = "roentgen_grpc_call_seconds",
                               .operation_label = "method",
                               .status_label = "code"});
  return [histograms](const GrpcExchange& exchange) {
    histograms->Observe(exchange.method, exchange.code, exchange.duration);
  };
}

}  // namespace roentgen::server
