#include "storage/mapping/span_sql.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace roentgen::storage {
namespace {

// Values of db.system, and those that db.system.name has for the same.
constexpr std::string_view kSqlSystems[] = {
    "postgresql", "mysql",    "mariadb",   "mssql",
    "oracle",     "db2",      "sqlite",    "derby",
    "hive",       "teradata", "other_sql", "microsoft.sql_server",
    "oracle.db",  "ibm.db2",
};

bool IsSqlSystem(std::string_view system) {
  return std::find(std::begin(kSqlSystems), std::end(kSqlSystems), system) !=
         std::end(kSqlSystems);
}

std::string_view SystemOf(const AttributeSlots& slots) {
  return slots.Text(KnownKey::kDbSystem, KnownKey::kDbSystemName);
}

void Put(std::string_view name, std::string_view value, JsonWriter& json) {
  if (!value.empty()) json.Key(name).String(value);
}

}  // namespace

bool IsSql(const AttributeSlots& slots) {
  const std::string_view system = SystemOf(slots);
  return !system.empty() && IsSqlSystem(system);
}

void WriteSql(const SpanView& span, const AttributeSlots& slots,
              JsonWriter& json) {
  const std::string_view server = slots.Text(KnownKey::kDbConnectionString);
  std::string connection(server.empty() ? "localhost" : server);
  connection.append("/").append(
      slots.Text(KnownKey::kDbName, KnownKey::kDbNamespace));
  json.BeginObject();
  Put("url", span.name, json);
  Put("connection_string", connection, json);
  Put("database_type", SystemOf(slots), json);
  Put("user", slots.Text(KnownKey::kDbUser, KnownKey::kUserName), json);
  Put("sanitized_query",
      slots.Text(KnownKey::kDbStatement, KnownKey::kDbQueryText), json);
  json.EndObject();
}

}  // namespace roentgen::storage
