// Default suppressions for sanitizer runs (no effect in other builds).
//
// Debian's libraries are not instrumented: ThreadSanitizer cannot see the
// locks inside them, and c-ares keeps one allocation for the process's life.
// RocksDB 7.8 loses a memtable when the MANIFEST cannot be written while it
// notes which logs are gone (DBImpl::SwitchMemtable): tests of failing disks
// have that happen.

extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libabsl_synchronization.so\n"
         "called_from_lib:libabsl_graphcycles_internal.so\n"
         "called_from_lib:libabsl_status.so\n"
         "called_from_lib:libgpr.so\n"
         "called_from_lib:libgrpc.so\n"
         "called_from_lib:libgrpc++.so\n"
         "called_from_lib:libprotobuf.so\n"
         "called_from_lib:librocksdb.so\n"
         "called_from_lib:libstdc++.so\n"
         "race:librocksdb.so\n"
         "race:libgrpc.so\n"
         "race:libgrpc++.so\n";
}

extern "C" const char* __lsan_default_suppressions() {
  return "leak:libcares.so\n"
         "leak:rocksdb::DBImpl::SwitchMemtable\n";
}
