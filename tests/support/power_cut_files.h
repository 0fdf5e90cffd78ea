// A file system that remembers what is done to the files of one folder, and
// what of it a power cut leaves.
//
//   auto files = std::make_shared<PowerCutFiles>();
//   ... a store works in a folder on it ...
//   PowerCut cut(*files);
//   cut.AdvanceTo(files->moments() / 2);
//   cut.Leave(Leftover::kSynced, random, "/somewhere/else");
//
// The model is the one that POSIX promises: bytes are there once their file was
// synced, names once their folder was. Files are written through to the
// operating system, so that the store can read them, and never really synced.
// The folder is that of the first file that is made. What is done in others is
// not remembered, and a cut leaves nothing of it.
//
// Threads: PowerCutFiles is thread-safe; a PowerCut belongs to one thread, and
// nothing may be done to the files meanwhile.
#ifndef ROENTGEN_TESTS_SUPPORT_POWER_CUT_FILES_H_
#define ROENTGEN_TESTS_SUPPORT_POWER_CUT_FILES_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rocksdb/file_system.h"

namespace roentgen::testing_support {

// Syncs that a careless program would not do: they succeed and do nothing.
enum class Swallow { kNothing, kSyncOfLogs, kSyncOfOthers, kSyncOfFolder };

class PowerCutFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit PowerCutFiles(Swallow swallow = Swallow::kNothing)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), swallow_(swallow) {}
  const char* Name() const override { return "PowerCutFiles"; }

  // How many things were done. A cut at moment n comes after the first n.
  size_t moments() const;

  rocksdb::IOStatus NewWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewDirectory(const std::string& name,
                                 const rocksdb::IOOptions& options,
                                 std::unique_ptr<rocksdb::FSDirectory>* folder,
                                 rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& name,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  // Ways to change files that a store does not take; what they do would not be
  // remembered.
  rocksdb::IOStatus ReopenWritableFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus ReuseWritableFile(
      const std::string& name, const std::string& old_name,
      const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus NewRandomRWFile(
      const std::string& name, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomRWFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus Truncate(const std::string& name, size_t size,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus LinkFile(const std::string& from, const std::string& to,
                             const rocksdb::IOOptions& options,
                             rocksdb::IODebugContext* debug) override;

  // Files have numbers, since names change hands.
  using FileNumber = size_t;
  enum class Deed { kCreate, kAppend, kSync, kRename, kDelete, kSyncFolder };
  struct Done {
    Deed deed = Deed::kCreate;
    FileNumber file = 0;
    std::string text;  // The name; of an append, what was appended.
    std::string to;    // Of a rename.
    size_t bytes = 0;  // Of a sync: so many are there from now on.
  };

  // For the files, and for PowerCut.
  void Remember(Done done);
  const std::vector<Done>& done() const { return done_; }
  bool Swallows(std::string_view name) const;
  bool SwallowsFolders() const { return swallow_ == Swallow::kSyncOfFolder; }

 private:
  bool IsInFolder(const std::string& path) const;

  const Swallow swallow_;
  mutable std::mutex mu_;
  std::string folder_;  // Empty: not known yet.
  std::vector<Done> done_;
  FileNumber next_file_ = 0;
};

enum class Leftover {
  kSynced,    // Nothing but what was synced.
  kTornTail,  // And a part of what was written after that, up to any byte.
  kSomePages  // And any pages of it; those between them are zeros.
};

class PowerCut {
 public:
  // `files` outlives this object.
  explicit PowerCut(const PowerCutFiles& files) : files_(files) {}

  // Only forward.
  void AdvanceTo(size_t moment);
  // Makes the folder `to`, with the files as they are after a cut now. Names
  // that were not synced come and go in the order in which they were changed,
  // up to any of the changes; with kSynced none of them.
  void Leave(Leftover leftover, std::mt19937_64& random,
             const std::string& to) const;

 private:
  struct Content {
    std::string bytes;
    size_t synced = 0;
  };
  using Names = std::map<std::string, PowerCutFiles::FileNumber>;
  static void Change(const PowerCutFiles::Done& done, Names& names);

  const PowerCutFiles& files_;
  size_t moment_ = 0;
  std::map<PowerCutFiles::FileNumber, Content> contents_;
  Names names_;                                       // As synced.
  std::vector<const PowerCutFiles::Done*> unsynced_;  // Changes of names.
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_POWER_CUT_FILES_H_
