#include "trace/mapping/span_sql.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "trace/mapping/database_host.h"

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

// As "jdbc:mysql://db/shop", "Server=db;Database=shop" and
// "jdbc:oracle:thin:@db:1521:shop" do.
bool NamesDatabase(std::string_view connection, const std::string& database) {
  return database.empty() ||
         connection.find("/" + database) != connection.npos ||
         connection.find("=" + database) != connection.npos ||
         connection.ends_with(":" + database);
}

void Put(std::string_view name, std::string_view value, JsonWriter& json) {
  if (!value.empty()) json.Key(name).String(value);
}

}  // namespace

bool IsSql(const AttributeSlots& slots) {
  const std::string_view system = DatabaseSystem(slots);
  return !system.empty() && IsSqlSystem(system);
}

void WriteSql(const SpanView& span, const AttributeSlots& slots,
              JsonWriter& json) {
  const std::string_view given = slots.Text(KnownKey::kDbConnectionString);
  std::string connection =
      given.empty() ? DatabaseHost(slots) : std::string(given);
  const std::string database = DatabaseLabel(slots);
  if (!NamesDatabase(given, database)) {
    if (!connection.empty()) connection += '/';
    connection += database;
  }
  json.BeginObject();
  Put("url", span.name, json);
  Put("connection_string", connection, json);
  Put("database_type", DatabaseSystem(slots), json);
  Put("user", slots.Text(KnownKey::kDbUser, KnownKey::kUserName), json);
  Put("sanitized_query",
      slots.Text(KnownKey::kDbStatement, KnownKey::kDbQueryText), json);
  json.EndObject();
}

}  // namespace roentgen::storage
