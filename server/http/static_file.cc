#include "server/http/static_file.h"

#include <zlib.h>

#include <optional>

#include "base/digest.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "server/http/accept_encoding.h"
#include "server/http/entity_tag.h"
#include "server/http/gzip_answer.h"
#include "server/http/inflate.h"

namespace roentgen::server {
namespace {

// Hex digits of a digest in a tag: 128 bits.
constexpr size_t kTagDigits = 32;
constexpr std::string_view kIdentity = "identity";

HttpResponse NotAcceptable() {
  return ErrorResponse(
      {.http_status = 406,
       .name = "NotAcceptableException",
       .message = "Accept-Encoding refuses every form of this file.",
       .retry_after = std::nullopt});
}

}  // namespace

absl::StatusOr<std::shared_ptr<const StaticFile>> StaticFile::Make(
    Content content) {
  if (!content.gzip.empty()) {
    MemoryLease unbounded;
    absl::StatusOr<std::string> plain =
        Inflate(ContentCoding::kGzip, content.gzip.view(),
                limits::kStaticFileBytesMax, unbounded);
    if (!plain.ok()) {
      return absl::InvalidArgumentError(
          "the file in gzip cannot be inflated: " +
          std::string(plain.status().message()));
    }
    if (content.plain.empty()) {
      content.plain = SharedBytes(*std::move(plain));
    } else if (content.plain.view() != *plain) {
      return absl::InvalidArgumentError("the file in gzip is another one");
    }
  } else if (auto packed =
                 GzipIfSmaller(content.plain.view(), Z_BEST_COMPRESSION)) {
    content.gzip = SharedBytes(*std::move(packed));
  }
  return std::shared_ptr<const StaticFile>(new StaticFile(std::move(content)));
}

StaticFile::StaticFile(Content content)
    : content_(std::move(content)),
      digest_(Hex(Sha256(content_.plain.view())).substr(0, kTagDigits)) {
  if (!content_.brotli.empty()) AddForm("br", content_.brotli);
  if (!content_.gzip.empty()) AddForm("gzip", content_.gzip);
  AddForm(kIdentity, content_.plain);
}

void StaticFile::AddForm(std::string_view coding, SharedBytes bytes) {
  std::string tag = "\"" + digest_;
  if (coding != kIdentity) tag += "-" + std::string(coding);
  forms_.push_back({.coding = std::string(coding),
                    .tag = tag + "\"",
                    .bytes = std::move(bytes)});
}

const StaticFile::Form* StaticFile::Choose(const HttpHeaders& headers) const {
  const Form* best = nullptr;
  int best_weight = 0;
  for (const Form& form : forms_) {
    const int weight = WeightOfCoding(headers, form.coding);
    if (weight <= best_weight) continue;
    best = &form;
    best_weight = weight;
  }
  return best;
}

HttpResponse StaticFile::Answer(const HttpRequest& request) const {
  const Form* form = Choose(request.headers);
  HttpResponse response = form != nullptr ? HttpResponse() : NotAcceptable();
  if (forms_.size() > 1) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  if (form == nullptr) return response;
  response.headers.emplace_back("ETag", form->tag);
  response.headers.emplace_back("Cache-Control", content_.cache_control);
  response.headers.insert(response.headers.end(), content_.headers.begin(),
                          content_.headers.end());
  if (HasEntity(request.headers, form->tag)) {
    response.status = 304;
    return response;
  }
  response.content_type = content_.content_type;
  if (form->coding != kIdentity) {
    response.headers.emplace_back("Content-Encoding", form->coding);
  }
  response.shared = form->bytes;
  return response;
}

}  // namespace roentgen::server
