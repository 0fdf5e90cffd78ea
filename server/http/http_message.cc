#include "server/http/http_message.h"

#include <algorithm>
#include <atomic>

#include "base/json_writer.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(),
                    [](char x, char y) { return Lower(x) == Lower(y); });
}

}  // namespace

std::optional<std::string_view> HttpHeaders::Find(std::string_view name) const {
  for (const auto& [field_name, value] : fields_) {
    if (EqualsIgnoringCase(field_name, name)) return value;
  }
  return std::nullopt;
}

const std::string& HttpRequest::Parameter(std::string_view name) const {
  static const std::string kNone;
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return kNone;
}

HttpResponse ErrorResponse(const AwsError& error) {
  HttpResponse response;
  response.status = error.http_status;
  response.headers.emplace_back("x-amzn-ErrorType", error.name);
  if (error.retry_after) {
    const int64_t seconds =
        std::max<int64_t>(1, absl::ToInt64Seconds(*error.retry_after));
    response.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  // X-Ray's model says "Message"; tools for other services read "message".
  JsonWriter json(response.body);
  json.BeginObject();
  json.Key("Message").String(error.message);
  json.Key("message").String(error.message);
  if (!error.resource_name.empty()) {
    json.Key("ResourceName").String(error.resource_name);
  }
  json.EndObject();
  return response;
}

HttpResponse BearerErrorResponse(const AwsError& error) {
  HttpResponse response = ErrorResponse(error);
  if (response.status == 403 && error.name != "AccessDeniedException") {
    response.status = 401;
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
  }
  return response;
}

class HttpResponder::Slot {
 public:
  Slot(Deliver deliver, MakeError make_error)
      : deliver_(std::move(deliver)), make_error_(std::move(make_error)) {}
  ~Slot() {
    SendError({.http_status = 500,
               .name = "InternalFailure",
               .message = "The request was dropped.",
               .retry_after = std::nullopt});
  }

  void Send(HttpResponse response) {
    if (sent_.exchange(true)) return;
    deliver_(std::move(response));
  }
  void SendError(const AwsError& error) { Send(ErrorOf(error)); }
  HttpResponse ErrorOf(const AwsError& error) const {
    return make_error_(error);
  }

 private:
  const Deliver deliver_;
  const MakeError make_error_;
  std::atomic<bool> sent_{false};
};

HttpResponder::HttpResponder(Deliver deliver, MakeError make_error)
    : slot_(std::make_shared<Slot>(std::move(deliver), std::move(make_error))) {
}

void HttpResponder::Send(HttpResponse response) const {
  slot_->Send(std::move(response));
}

void HttpResponder::SendError(const AwsError& error) const {
  slot_->SendError(error);
}

HttpResponse HttpResponder::ErrorOf(const AwsError& error) const {
  return slot_->ErrorOf(error);
}

AnswerStream HttpResponder::Begin(HttpResponse head,
                                  std::function<void()> wake) const {
  auto pipe = std::make_shared<AnswerPipe>(limits::kStreamedAnswerBytes,
                                           std::move(wake));
  head.stream = std::make_shared<AnswerSource>(pipe);
  AnswerStream stream(std::move(pipe));
  slot_->Send(std::move(head));
  return stream;
}

}  // namespace roentgen::server
