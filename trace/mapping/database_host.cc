#include "trace/mapping/database_host.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"

namespace roentgen::storage {
namespace {

struct SystemPort {
  std::string_view system;
  std::string_view port;
};

// Names of both conventions; ports as IANA or the makers give them.
constexpr SystemPort kDefaultPorts[] = {
    {"cassandra", "9042"},    {"clickhouse", "9000"},
    {"cockroachdb", "26257"}, {"couchbase", "11210"},
    {"couchdb", "5984"},      {"db2", "50000"},
    {"derby", "1527"},        {"elasticsearch", "9200"},
    {"hive", "10000"},        {"ibm.db2", "50000"},
    {"influxdb", "8086"},     {"mariadb", "3306"},
    {"memcached", "11211"},   {"microsoft.sql_server", "1433"},
    {"mongodb", "27017"},     {"mssql", "1433"},
    {"mysql", "3306"},        {"neo4j", "7687"},
    {"opensearch", "9200"},   {"oracle", "1521"},
    {"oracle.db", "1521"},    {"postgresql", "5432"},
    {"redis", "6379"},        {"teradata", "1025"},
    {"valkey", "6379"},
};

bool IsDefaultPort(std::string_view system, std::string_view port) {
  return std::any_of(std::begin(kDefaultPorts), std::end(kDefaultPorts),
                     [&](const SystemPort& row) {
                       return row.system == system && row.port == port;
                     });
}

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

std::string_view Trimmed(std::string_view text) {
  const absl::string_view out = absl::StripAsciiWhitespace(Absl(text));
  return {out.data(), out.size()};
}

std::string_view WithoutJdbc(std::string_view text) {
  constexpr absl::string_view kJdbc = "jdbc:";
  if (absl::StartsWithIgnoreCase(Absl(text), kJdbc)) {
    text.remove_prefix(kJdbc.size());
  }
  return text;
}

// Of "user:password@host:port", one of "host1,host2".
HostPort OfAuthority(std::string_view text) {
  if (const size_t at = text.rfind('@'); at != text.npos) {
    text.remove_prefix(at + 1);
  }
  return SplitHostPort(text.substr(0, text.find(',')));
}

// Keys that name the server where pairs stand: "Server=db;Database=shop".
bool IsServerKey(std::string_view key) {
  for (std::string_view name : {"server", "data source", "host", "hostaddr",
                                "address", "addr", "hostname"}) {
    if (absl::EqualsIgnoreCase(Absl(key), Absl(name))) return true;
  }
  return false;
}

HostPort OfPairs(std::string_view text, char separator) {
  HostPort out;
  while (!text.empty()) {
    const std::string_view pair = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(text.size(), pair.size() + 1));
    const size_t equals = pair.find('=');
    if (equals == pair.npos) continue;
    const std::string_view key = Trimmed(pair.substr(0, equals));
    std::string_view value = Trimmed(pair.substr(equals + 1));
    if (out.host.empty() && IsServerKey(key)) {
      if (absl::StartsWithIgnoreCase(Absl(value), "tcp:")) {
        value.remove_prefix(4);
      }
      // SQL Server writes "host,port", and "host\instance".
      const size_t comma = value.find(',');
      out = SplitHostPort(value.substr(0, value.find_first_of(",\\")));
      if (comma != value.npos) out.port = Trimmed(value.substr(comma + 1));
    }
    if (absl::EqualsIgnoreCase(Absl(key), "port")) out.port = value;
  }
  return out;
}

// Of "jdbc:oracle:thin:@//db.example.com:1521/orders", or with ":" and a SID in
// place of the "/".
HostPort OfOracle(std::string_view text) {
  text.remove_prefix(text.find('@') + 1);
  while (!text.empty() && text.front() == '/') text.remove_prefix(1);
  text = text.substr(0, text.find_first_of("/?"));
  const size_t port = text.find(':');
  if (port == text.npos) return {.host = text, .port = {}};
  const std::string_view rest = text.substr(port + 1);
  return {.host = text.substr(0, port), .port = rest.substr(0, rest.find(':'))};
}

}  // namespace

std::string_view SystemOfConnection(std::string_view text) {
  text = WithoutJdbc(text);
  std::string_view scheme = text.substr(0, text.find_first_of(":/"));
  scheme = scheme.substr(0, scheme.find('+'));
  if (scheme == "postgres") return "postgresql";
  if (scheme == "sqlserver") return "mssql";
  if (scheme == "rediss") return "redis";
  const auto row = std::find_if(
      std::begin(kDefaultPorts), std::end(kDefaultPorts),
      [&](const SystemPort& known) { return known.system == scheme; });
  return row == std::end(kDefaultPorts) ? std::string_view() : row->system;
}

HostPort HostOfConnection(std::string_view text) {
  text = WithoutJdbc(text);
  if (absl::StartsWithIgnoreCase(Absl(text), "oracle:") &&
      text.find('@') != text.npos) {
    return OfOracle(text);
  }
  if (const size_t scheme = text.find("://"); scheme != text.npos) {
    text.remove_prefix(scheme + 3);
    return OfAuthority(text.substr(0, text.find_first_of("/?#;")));
  }
  if (text.find('=') == text.npos) return {};
  return OfPairs(text, text.find(';') != text.npos ? ';' : ' ');
}

std::string_view DatabaseSystem(const AttributeSlots& slots) {
  return slots.Text(KnownKey::kDbSystem, KnownKey::kDbSystemName);
}

std::string DatabaseHost(const AttributeSlots& slots) {
  struct Source {
    KnownKey host;
    KnownKey port;
  };
  std::string host, port;
  const auto take = [&](Source source) {
    if (!host.empty()) return;
    const HostPort split = SplitHostPort(slots.Text(source.host));
    host = split.host;
    port = split.port.empty() ? PortText(slots, source.port)
                              : std::string(split.port);
  };
  take({KnownKey::kServerAddress, KnownKey::kServerPort});
  take({KnownKey::kNetPeerName, KnownKey::kNetPeerPort});
  if (host.empty()) {
    const HostPort named =
        HostOfConnection(slots.Text(KnownKey::kDbConnectionString));
    host = named.host;
    port = named.port;
  }
  take({KnownKey::kNetworkPeerAddress, KnownKey::kNetworkPeerPort});
  take({KnownKey::kNetPeerIp, KnownKey::kNetPeerPort});
  take({KnownKey::kNetSockPeerAddr, KnownKey::kNetSockPeerPort});
  if (host.empty() || !IsPort(port)) return host;
  std::string_view system = DatabaseSystem(slots);
  if (system.empty()) {
    system = SystemOfConnection(slots.Text(KnownKey::kDbConnectionString));
  }
  if (IsDefaultPort(system, port)) return host;
  return host.append(":").append(port);
}

std::string DatabaseLabel(const AttributeSlots& slots) {
  const std::string_view name =
      slots.Text(KnownKey::kDbName, KnownKey::kDbNamespace);
  if (!name.empty()) return std::string(name);
  const std::optional<int64_t> index = slots.Int(KnownKey::kRedisIndex);
  return index ? std::to_string(*index)
               : std::string(slots.Text(KnownKey::kRedisIndex));
}

}  // namespace roentgen::storage
