// Posts JSON to a webhook, over http or https.
//
// The receiver's certificate must be valid for its name by the machine's
// certificate authorities. Redirections are not followed. The connection is
// closed after each request: there are few.
//
// Errors: InvalidArgument for a URL that is none; Unavailable when the receiver
// cannot be reached or answers with anything but 2xx; DeadlineExceeded,
// Cancelled. Neither the body nor a URL's path and query are in messages: they
// may hold secrets.
//
// Threads: thread-safe; calls block, and end at once when they are cancelled,
// unless the system is looking up a name.
#ifndef ROENTGEN_SERVER_INSIGHTS_WEBHOOK_CLIENT_H_
#define ROENTGEN_SERVER_INSIGHTS_WEBHOOK_CLIENT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "server/insights/insight_notifier.h"

namespace roentgen::server {

struct WebhookUrl {
  bool tls = false;
  std::string host;  // Without brackets.
  std::string port;
  std::string target;  // Path and query.

  friend bool operator==(const WebhookUrl&, const WebhookUrl&) = default;
};

// "https://example.com/hook?key=1". Errors: InvalidArgument.
absl::StatusOr<WebhookUrl> ParseWebhookUrl(std::string_view url);

class WebhookClient : public WebhookSender {
 public:
  struct Options {
    // PEM file of the authorities that are trusted; empty: the machine's.
    std::string ca_file;
  };

  explicit WebhookClient(Options options) : options_(std::move(options)) {}

  absl::Status Post(const std::string& url, const std::string& body,
                    const Call& call) override;

 private:
  const Options options_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_WEBHOOK_CLIENT_H_
