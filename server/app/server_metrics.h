// What /metrics says about ingest, the store, and requests.
//
// Threads: as Metrics.
#ifndef ROENTGEN_SERVER_APP_SERVER_METRICS_H_
#define ROENTGEN_SERVER_APP_SERVER_METRICS_H_

#include <functional>
#include <memory>
#include <vector>

#include "base/metrics.h"
#include "server/account/telemetry.h"
#include "server/audit/audit_log.h"
#include "server/http/http_server.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/ingest/span_pipeline.h"
#include "server/insights/insight_notifier.h"
#include "server/rpc/call_timer.h"
#include "server/rpc/grpc_front.h"
#include "server/rpc/grpc_server.h"
#include "server/udp/udp_listener.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

// Each adds its own families; what it reads outlives the last scrape.
void AddIngestMetrics(Metrics& metrics, const IngestPipeline& pipeline);
void AddSpanMetrics(Metrics& metrics, const SpanPipeline& pipeline);
void AddEngineMetrics(Metrics& metrics, const storage::TraceEngine& engine);
// None for an engine that makes no backups.
void AddBackupMetrics(Metrics& metrics, const storage::TraceEngine& engine);
void AddAuditMetrics(Metrics& metrics, const AuditLog& audit);
void AddUdpMetrics(Metrics& metrics,
                   const std::vector<std::unique_ptr<UdpListener>>& listeners);
void AddHttpMetrics(Metrics& metrics, const HttpServer& server);
// `servers` are those behind the front.
void AddGrpcMetrics(Metrics& metrics, const GrpcFront& front,
                    const std::vector<std::unique_ptr<GrpcServer>>& servers);

void AddTelemetryMetrics(Metrics& metrics, const Telemetry& telemetry);
// Null: there is no webhook.
void AddInsightMetrics(Metrics& metrics, const InsightNotifier* notifier);

// Counts requests and their durations, by operation and status.
std::function<void(const HttpExchange&)> RequestObserver(Metrics& metrics);
GrpcObserver CallObserver(Metrics& metrics);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_SERVER_METRICS_H_
