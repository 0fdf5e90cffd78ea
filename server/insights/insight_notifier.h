// Tells a webhook of the events of insights, as JSON in the form of X-Ray's
// events on EventBridge.
//
// What was not delivered is in the insight store, so nothing is lost by a
// restart; each event is delivered at least once, in order of time. After a
// failure it is tried again, later and later; an event that fails too often is
// given up, and counted, so that it does not hold up the others for ever.
//
// Threads: Step belongs to one thread; counters may be read by any.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_NOTIFIER_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_NOTIFIER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "server/identity.h"
#include "server/insights/insight_store.h"

namespace roentgen::server {

class WebhookSender {
 public:
  virtual ~WebhookSender() = default;

  // OK once the receiver took the body, which is JSON. Any other status: it is
  // not known whether it did.
  virtual absl::Status Post(const std::string& url, const std::string& body,
                            const Call& call) = 0;
};

// The JSON of one event. The same event has the same id, so that receivers can
// tell when they got it before.
std::string NotificationJson(const PendingEvent& event,
                             const Identity& identity);

class InsightNotifier {
 public:
  struct Options {
    std::string url;
    Identity identity;
    absl::Duration timeout = absl::Seconds(10);  // Of one attempt.
    absl::Duration first_delay = absl::Seconds(1);
    absl::Duration delay_max = absl::Minutes(5);
    int attempts_max = 20;  // More than an hour.
    const Clock* clock = &SystemClock();
  };

  // Both outlive the notifier.
  InsightNotifier(InsightStore& store, WebhookSender& sender, Options options)
      : store_(store), sender_(sender), options_(std::move(options)) {}

  // Delivers what is pending and due. Returns after how long there is more to
  // do, if no event is made before.
  absl::Duration Step(const std::stop_token& stopped);

  uint64_t delivered() const { return delivered_; }
  uint64_t failures() const { return failures_; }  // Attempts.
  uint64_t dropped() const { return dropped_; }    // Events.

 private:
  // Nothing left to do with the event; otherwise when to try again.
  bool Deliver(const PendingEvent& event, const std::stop_token& stopped);
  bool Done(const PendingEvent& event);
  void Delay();

  InsightStore& store_;
  WebhookSender& sender_;
  const Options options_;
  // Of the event that is tried: failed attempts, and when the next one is due.
  std::pair<std::string, uint64_t> tried_;
  int attempts_ = 0;
  absl::Duration due_ = -absl::InfiniteDuration();  // By Clock::Elapsed.
  std::atomic<uint64_t> delivered_ = 0;
  std::atomic<uint64_t> failures_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_NOTIFIER_H_
