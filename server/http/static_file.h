// A file that is served as it is: its bytes are kept once, in each coding, and
// every answer refers to them.
//
//   RTG_ASSIGN_OR_RETURN(auto file, StaticFile::Make({
//       .content_type = "text/javascript",
//       .cache_control = "public, max-age=31536000, immutable",
//       .gzip = SharedBytes::OfProgram(kScriptGzip)}));
//   respond.Send(file->Answer(request));
//
// The coding is what the client likes best of what there is; among equals
// Brotli goes before gzip, and gzip before the file itself. Each coding has a
// strong ETag of its own; a client that has it gets a 304.
//
// Threads: immutable.
#ifndef ROENTGEN_SERVER_HTTP_STATIC_FILE_H_
#define ROENTGEN_SERVER_HTTP_STATIC_FILE_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/http_message.h"

namespace roentgen::server {

class StaticFile {
 public:
  struct Content {
    std::string content_type;
    // "no-cache": clients keep it and ask each time whether it has changed.
    std::string cache_control = "no-cache";
    // Of every answer: what browsers may do with it, say.
    std::vector<std::pair<std::string, std::string>> headers;
    // The file itself, or what it was packed to; one of the first two must be
    // there, and the other one is made of it.
    SharedBytes plain;
    SharedBytes gzip;
    SharedBytes brotli;  // Only if it is given.
  };

  // InvalidArgument: `gzip` is damaged, larger than limits::kStaticFileBytesMax
  // when it is inflated, or not what `plain` is.
  static absl::StatusOr<std::shared_ptr<const StaticFile>> Make(
      Content content);

  // To GET or HEAD: 200, 304, or 406 for a client that refuses all there is.
  HttpResponse Answer(const HttpRequest& request) const;

 private:
  struct Form {
    std::string coding;
    std::string tag;
    SharedBytes bytes;
  };

  explicit StaticFile(Content content);
  void AddForm(std::string_view coding, SharedBytes bytes);
  const Form* Choose(const HttpHeaders& headers) const;

  Content content_;
  std::string digest_;
  std::vector<Form> forms_;  // Best first.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_STATIC_FILE_H_
