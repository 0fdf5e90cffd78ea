#include "server/app/entrance_setup.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

// How long before its end a certificate is warned of, and how often.
constexpr absl::Duration kWarnAhead = absl::Hours(14 * 24);
constexpr absl::Duration kWarnEvery = absl::Hours(24);

TlsSettings SettingsOf(const Listener& listener) {
  const ListenerTls& tls = listener.tls;
  TlsSettings out;
  out.certificate = tls.certificate;
  out.key = tls.key;
  out.client_authorities = tls.client_authorities;
  out.client_certificates =
      tls.client_certificates == "required" ? ClientCertificates::kRequired
      : tls.client_certificates == "asked"  ? ClientCertificates::kAsked
                                            : ClientCertificates::kOff;
  out.min_version =
      tls.min_version == "1.3" ? TlsVersion::kTls13 : TlsVersion::kTls12;
  out.ciphers = tls.ciphers;
  out.application = listener.protocol == Protocol::kGrpc
                        ? TlsApplication::kGrpc
                        : TlsApplication::kHttp;
  return out;
}

using Kind = Metrics::Kind;
using Samples = std::vector<Metrics::Sample>;

Samples SamplesOf(const std::string& label,
                  const std::map<std::string, double>& values) {
  Samples samples;
  for (const auto& [name, value] : values) {
    samples.push_back({.labels = {{label, name}}, .value = value});
  }
  return samples;
}

}  // namespace

bool HaveOneEntrance(const Listener& a, const Listener& b) {
  return a.protocol == b.protocol && a.tls == b.tls && a.network == b.network;
}

absl::StatusOr<std::shared_ptr<Entrances>> Entrances::Make(
    const std::vector<Listener>& listeners, absl::Time now) {
  auto out = std::make_shared<Entrances>();
  for (const Listener& listener : listeners) {
    if (listener.protocol == Protocol::kUdp) continue;
    const bool is_known = std::any_of(
        out->ways_.begin(), out->ways_.end(),
        [&](const Way& way) { return HaveOneEntrance(way.like, listener); });
    if (is_known) continue;
    Way way{.like = listener, .tls = nullptr, .entrance = nullptr, .marks = {}};
    EntranceOptions options;
    options.clients =
        listener.network.clients.value_or(std::vector<IpNetwork>());
    options.proxies =
        listener.network.proxies.value_or(std::vector<IpNetwork>());
    options.proxy_protocol = listener.network.proxy_protocol.value_or(false);
    if (listener.tls != ListenerTls()) {
      const TlsSettings settings = SettingsOf(listener);
      // Before reading: what changes meanwhile is read once more.
      way.marks = MarksOf(settings);
      auto loaded = TlsStreams::Load(settings, now);
      if (!loaded.ok()) {
        return absl::Status(loaded.status().code(),
                            listener.where + ": TLS: " +
                                std::string(loaded.status().message()));
      }
      way.tls = *std::move(loaded);
      options.streams = way.tls;
    }
    way.entrance = std::make_shared<const Entrance>(std::move(options));
    out->ways_.push_back(std::move(way));
  }
  return out;
}

std::shared_ptr<const Entrance> Entrances::Of(const Listener& listener) const {
  for (const Way& way : ways_) {
    if (HaveOneEntrance(way.like, listener)) return way.entrance;
  }
  return nullptr;
}

Entrances::FileMarks Entrances::MarksOf(const TlsSettings& settings) {
  return {MarkOf(settings.certificate), MarkOf(settings.key),
          MarkOf(settings.client_authorities)};
}

void Entrances::Read(Way& way, absl::Time now) {
  way.marks = MarksOf(way.tls->settings());
  const absl::Status read = way.tls->Reload(now);
  if (read.ok()) {
    LogInfo(
        "read the certificate again",
        {{"listener", way.like.where},
         {"file", way.like.tls.certificate},
         {"ends", absl::FormatTime(way.tls->expires(), absl::UTCTimeZone())}});
    way.warned = absl::InfinitePast();
    return;
  }
  LogError(
      "the new certificate cannot be used; the old one stays",
      {{"listener", way.like.where}, {"reason", std::string(read.message())}});
}

void Entrances::WarnOfEnd(Way& way, absl::Time now) {
  const absl::Duration left = way.tls->expires() - now;
  if (left > kWarnAhead || now - way.warned < kWarnEvery) return;
  way.warned = now;
  LogWarn(
      left > absl::ZeroDuration() ? "a certificate ends soon"
                                  : "a certificate has expired",
      {{"listener", way.like.where},
       {"file", way.like.tls.certificate},
       {"ends", absl::FormatTime(way.tls->expires(), absl::UTCTimeZone())}});
}

void Entrances::Reload(absl::Time now) {
  MutexLock lock(mu_);
  for (Way& way : ways_) {
    if (way.tls != nullptr) Read(way, now);
  }
}

void Entrances::ReloadChanged(absl::Time now) {
  MutexLock lock(mu_);
  for (Way& way : ways_) {
    if (way.tls == nullptr) continue;
    if (MarksOf(way.tls->settings()) != way.marks) Read(way, now);
    WarnOfEnd(way, now);
  }
}

void Entrances::AddMetrics(Metrics& metrics) const {
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_connections_not_in_total",
       "Connections closed before their first byte was served, by reason.",
       {}},
      [this] {
        std::map<std::string, double> counts;
        for (size_t i = 0; i < kNotIns; ++i) {
          double& count = counts[std::string(NameOf(static_cast<NotIn>(i)))];
          for (const Way& way : ways_) {
            count += static_cast<double>(way.entrance->Counts()[i]);
          }
        }
        return SamplesOf("reason", counts);
      });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_tls_handshakes_total", "TLS handshakes, by version.", {}},
      [this] {
        std::map<std::string, double> counts;
        for (const Way& way : ways_) {
          if (way.tls == nullptr) continue;
          for (const auto& [version, count] : way.tls->Counts().handshakes) {
            counts[version] += static_cast<double>(count);
          }
        }
        return SamplesOf("version", counts);
      });
  metrics.AddSource(
      Kind::kCounter,
      {"roentgen_tls_handshakes_failed_total",
       "TLS handshakes that failed, by reason.",
       {}},
      [this] {
        std::map<std::string, double> counts;
        for (const Way& way : ways_) {
          if (way.tls == nullptr) continue;
          for (const auto& [reason, count] : way.tls->Counts().failures) {
            counts[reason] += static_cast<double>(count);
          }
        }
        return SamplesOf("reason", counts);
      });
  metrics.AddSource(Kind::kGauge,
                    {"roentgen_tls_certificate_expires_seconds",
                     "When the certificate in use ends, in seconds since 1970.",
                     {}},
                    [this] {
                      std::map<std::string, double> ends;
                      for (const Way& way : ways_) {
                        if (way.tls == nullptr) continue;
                        ends[way.like.tls.certificate] = absl::ToDoubleSeconds(
                            way.tls->expires() - absl::UnixEpoch());
                      }
                      return SamplesOf("file", ends);
                    });
}

}  // namespace roentgen::server
