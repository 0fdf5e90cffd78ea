// What the audit log says of a request: of those that administer, and of
// callers that are turned away.
//
// Threads: a note belongs to whoever handles its request, until the answer is
// sent.
#ifndef ROENTGEN_SERVER_HTTP_REQUEST_NOTE_H_
#define ROENTGEN_SERVER_HTTP_REQUEST_NOTE_H_

#include <memory>
#include <string>

#include "server/audit/audit_log.h"
#include "server/http/http_message.h"

namespace roentgen::server {

struct RequestNote {
  std::string operation;  // Empty: the path has none.
  std::string path;
  std::string address;
  std::string request_id;
  // As the key calls itself, until it is known to be that.
  std::string principal = {};
  bool is_turned_away = false;  // Its credentials are wrong.
  bool administers = false;
  std::string parameters = {};
};

// `responder`, with a line of `audit` for what is sent, where it is worth one.
// `audit` outlives it.
HttpResponder Audited(AuditLog& audit, const std::string& space,
                      std::shared_ptr<const RequestNote> note,
                      HttpResponder responder);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_REQUEST_NOTE_H_
