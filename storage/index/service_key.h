// A service as one text of a dictionary: name, type and account, joined by
// zero bytes. A zero byte within them is escaped, as documents may hold any.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_SERVICE_KEY_H_
#define ROENTGEN_STORAGE_INDEX_SERVICE_KEY_H_

#include <string>
#include <string_view>

#include "trace/model/graph_figures.h"
#include "trace/model/service_id.h"

namespace roentgen::storage {

std::string ServiceKeyOf(const ServiceId& service);
void AppendServiceKey(const ServiceId& service, std::string& key);

// Takes any bytes.
ServiceId SplitServiceKey(std::string_view key);

// Likewise, without the account; what is appended is never empty.
void AppendAliasKey(const ServiceId& alias, std::string& key);
ServiceAlias SplitAliasKey(std::string_view key);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_SERVICE_KEY_H_
