#include "server/v1/backup_service.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/content_hash.h"
#include "base/limits.h"
#include "base/memory_budget.h"
#include "base/status_macros.h"
#include "roentgen/v1/backup_service.grpc.pb.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/refused_call.h"
#include "server/rpc/stream_registry.h"
#include "server/v1/proto_convert.h"
#include "server/v1/streamed_read.h"
#include "storage/engine/backup_source.h"

namespace roentgen::server {
namespace {

using storage::Backup;
using storage::BackupFile;
using storage::BackupSource;

// Files in one message.
constexpr size_t kFilesPerMessage = 1'000;
// Of the chunk, and of its copy on the way to the client.
constexpr size_t kChunkLease = 2 * limits::kBackupChunkBytes;

// Size and print.
using Identities = std::set<std::pair<uint64_t, std::string>>;

// A server that closes does not wait for a backup.
class Drain : public DrainableStream {
 public:
  void BeginDrain() override { begun_ = true; }
  bool begun() const { return begun_; }

 private:
  std::atomic<bool> begun_{false};
};

class BackupStream : public StreamedRead<v1::BackupChunk> {
 public:
  BackupStream(const V1Context& context, Space& space,
               grpc::CallbackServerContext* call, BackupSource& source,
               Identities have)
      : StreamedRead(context, space, call),
        source_(source),
        have_(std::move(have)) {
    context_.streams.Add(drain_);
  }
  ~BackupStream() override { context_.streams.Remove(drain_.get()); }

 private:
  enum class Stage { kBegin, kList, kData, kEnd, kDone };

  absl::StatusOr<bool> Load(const Call&) override {
    if (drain_->begun()) {
      return absl::UnavailableError("the server is shutting down");
    }
    chunk_.Clear();
    switch (stage_) {
      case Stage::kBegin:
        RTG_RETURN_IF_ERROR(LoadBegin());
        break;
      case Stage::kList:
        LoadList();
        break;
      case Stage::kData:
        RTG_RETURN_IF_ERROR(LoadData());
        break;
      case Stage::kEnd:
        chunk_.mutable_end();
        stage_ = Stage::kDone;
        break;
      case Stage::kDone:
        backup_->Complete();
        return false;
    }
    loaded_ = true;
    return true;
  }

  bool WriteMore() override {
    if (!loaded_) return false;
    loaded_ = false;
    Write(&chunk_);
    return true;
  }

  absl::Status LoadBegin() {
    lease_ = MemoryLease(context_.answers, caller_);
    if (!lease_.GrowTo(kChunkLease)) return TooManyAnswerBytes(context_);
    RTG_ASSIGN_OR_RETURN(backup_, source_.TakeBackup());
    v1::BackupBegin& begin = *chunk_.mutable_begin();
    ToProto(backup_->time(), begin.mutable_time());
    begin.set_file_count(static_cast<int64_t>(backup_->files().size()));
    uint64_t bytes = 0;
    for (const BackupFile& file : backup_->files()) bytes += file.bytes;
    begin.set_size_bytes(static_cast<int64_t>(bytes));
    stage_ = Stage::kList;
    return absl::OkStatus();
  }

  bool IsSent(const BackupFile& file) const {
    return file.print.empty() || !have_.contains({file.bytes, file.print});
  }

  void LoadList() {
    const auto& files = backup_->files();
    const size_t end = std::min(files.size(), next_ + kFilesPerMessage);
    for (; next_ < end; ++next_) {
      const BackupFile& from = files[next_];
      v1::BackupFile* to = chunk_.mutable_files()->add_files();
      to->set_name(from.name);
      to->set_size_bytes(static_cast<int64_t>(from.bytes));
      to->set_print(from.print);
      to->set_sent(IsSent(from));
    }
    if (next_ == files.size()) GoTo(0);
  }

  // The next file from there on that is sent.
  void GoTo(size_t file) {
    const auto& files = backup_->files();
    while (file < files.size() && !IsSent(files[file])) ++file;
    next_ = file;
    offset_ = 0;
    hash_ = ContentHash();
    stage_ = next_ < files.size() ? Stage::kData : Stage::kEnd;
  }

  absl::Status LoadData() {
    if (offset_ == backup_->files()[next_].bytes) {
      chunk_.mutable_file_end()->set_hash(hash_.Hex());
      GoTo(next_ + 1);
      return absl::OkStatus();
    }
    RTG_ASSIGN_OR_RETURN(
        std::string data,
        backup_->Read(next_, offset_, limits::kBackupChunkBytes));
    hash_.Add(data);
    offset_ += data.size();
    chunk_.set_data(std::move(data));
    return absl::OkStatus();
  }

  BackupSource& source_;
  const Identities have_;
  const std::shared_ptr<Drain> drain_ = std::make_shared<Drain>();
  MemoryLease lease_;
  std::unique_ptr<Backup> backup_;
  Stage stage_ = Stage::kBegin;
  size_t next_ = 0;      // File of the list, or of the data.
  uint64_t offset_ = 0;  // In its data.
  ContentHash hash_;     // Of its data so far.
  bool loaded_ = false;
  v1::BackupChunk chunk_;  // Owned by the write under way.
};

grpc::ServerWriteReactor<v1::BackupChunk>* StartBackup(
    const V1Context& context, Space& space, grpc::CallbackServerContext* call,
    const v1::TakeBackupRequest& request) {
  using Refused = RefusedStream<v1::BackupChunk>;
  BackupSource* source = BackupSource::Of(space.engine());
  if (source == nullptr) {
    return Refused::Start(
        absl::UnimplementedError("this store makes no backups"));
  }
  if (static_cast<size_t>(request.have_size()) > limits::kBackupFilesMax) {
    return Refused::Start(absl::InvalidArgumentError(
        "have: at most " + std::to_string(limits::kBackupFilesMax) +
        " are taken"));
  }
  Identities have;
  for (const v1::BackupPrint& print : request.have()) {
    have.emplace(static_cast<uint64_t>(print.size_bytes()), print.print());
  }
  auto* stream = new BackupStream(context, space, call, *source,
                                  std::move(have));  // NOLINT
  stream->Start();
  return stream;
}

class BackupService : public v1::BackupService::CallbackService {
 public:
  explicit BackupService(const V1Context& context) : context_(context) {}

  grpc::ServerWriteReactor<v1::BackupChunk>* TakeBackup(
      grpc::CallbackServerContext* call,
      const v1::TakeBackupRequest* request) override {
    return Guarded(context_, call, "TakeBackup", [&](const Principal& caller) {
      NoteCall(context_, *call, "TakeBackup", caller, request,
               absl::OkStatus());
      return StartBackup(context_, context_.spaces.Of(caller), call, *request);
    });
  }

 private:
  const V1Context& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> NewBackupService(const V1Context& context) {
  return std::make_unique<BackupService>(context);
}

}  // namespace roentgen::server
