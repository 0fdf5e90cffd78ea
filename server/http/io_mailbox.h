// Lets other threads run things on an I/O thread as long as it lives. Part of
// HttpServer; includes Asio.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_IO_MAILBOX_H_
#define ROENTGEN_SERVER_HTTP_IO_MAILBOX_H_

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <utility>

#include "base/mutex.h"

namespace roentgen::server {

class IoMailbox {
 public:
  explicit IoMailbox(boost::asio::io_context& io) : io_(&io) {}

  // Drops `work` once the thread has stopped.
  void Post(std::function<void()> work) {
    MutexLock lock(mu_);
    if (io_ != nullptr) boost::asio::post(*io_, std::move(work));
  }
  void Close() {
    MutexLock lock(mu_);
    io_ = nullptr;
  }

 private:
  Mutex mu_;
  boost::asio::io_context* io_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_IO_MAILBOX_H_
