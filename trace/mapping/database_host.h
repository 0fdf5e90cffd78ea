// Which server a database call goes to.
//
// Sources: OpenTelemetry semantic conventions for databases, those before 1.24
// and those since; connection strings as JDBC, ADO.NET, libpq and URLs write
// them.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_DATABASE_HOST_H_
#define ROENTGEN_TRACE_MAPPING_DATABASE_HOST_H_

#include <string>
#include <string_view>

#include "trace/mapping/attribute_slots.h"
#include "trace/mapping/host_text.h"

namespace roentgen::storage {

// The database that the scheme of a connection string names, as
// db.system would: "mysql" of "jdbc:mysql://...". Empty: none that is known.
std::string_view SystemOfConnection(std::string_view text);

// The first host of a connection string:
// "jdbc:mysql://user@db.example.com:3306/shop",
// "Server=tcp:db.example.com,1433;Database=shop",
// "host=db.example.com port=5432".
HostPort HostOfConnection(std::string_view text);

// db.system, or what the newer conventions call the same.
std::string_view DatabaseSystem(const AttributeSlots& slots);

// "host", or "host:port" where the port is not the system's default one. Empty
// when no attribute names a server.
std::string DatabaseHost(const AttributeSlots& slots);

// The name of the database, or the index of a Redis database. Empty: none.
std::string DatabaseLabel(const AttributeSlots& slots);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_DATABASE_HOST_H_
