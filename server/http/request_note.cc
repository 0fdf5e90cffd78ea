#include "server/http/request_note.h"

#include <utility>

namespace roentgen::server {
namespace {

// The error's name where the answer has one.
std::string OutcomeOf(const HttpResponse& response) {
  for (const auto& [name, value] : response.headers) {
    if (name == "x-amzn-ErrorType") return value;
  }
  return std::to_string(response.status);
}

}  // namespace

HttpResponder Audited(AuditLog& audit, const std::string& space,
                      std::shared_ptr<const RequestNote> note,
                      HttpResponder responder) {
  const auto make_error = [responder](const AwsError& error) {
    return responder.ErrorOf(error);
  };
  return HttpResponder(
      [&audit, space, note = std::move(note),
       responder](HttpResponse response) {
        const bool is_refused = note->is_turned_away ||
                                response.status == 401 ||
                                response.status == 403;
        if (is_refused || note->administers) {
          const std::string outcome = OutcomeOf(response);
          const AuditEvent event = {.api = "http",
                                    .operation = note->operation.empty()
                                                     ? note->path
                                                     : note->operation,
                                    .principal = note->principal,
                                    .space = space,
                                    .address = note->address,
                                    .outcome = outcome,
                                    .request_id = note->request_id,
                                    .parameters = note->parameters};
          is_refused ? audit.WriteRefusal(event) : audit.Write(event);
        }
        responder.Send(std::move(response));
      },
      make_error);
}

}  // namespace roentgen::server
