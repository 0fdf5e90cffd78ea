// Hosts and ports as attributes write them.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_HOST_TEXT_H_
#define ROENTGEN_TRACE_MAPPING_HOST_TEXT_H_

#include <string>
#include <string_view>

#include "trace/mapping/attribute_slots.h"

namespace roentgen::storage {

bool IsIpAddress(std::string_view text);
// Without brackets; it may name a zone ("fe80::1%eth0").
bool IsIpv6Address(std::string_view text);

// A host and, where the text gives one, its port. Views into the text.
struct HostPort {
  std::string_view host;  // Without brackets.
  std::string_view port;  // Empty: none.
};
// Of "host", "host:port", "[2001:db8::1]:port" or "2001:db8::1".
HostPort SplitHostPort(std::string_view text);

// Whether it is a number from 1 to 65535.
bool IsPort(std::string_view text);
// A port that an attribute gives as a number or a text; empty: none.
std::string PortText(const AttributeSlots& slots, KnownKey key);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_HOST_TEXT_H_
