// Bytes that nobody is to see: their memory is locked, in no core dump, and
// cleared when they go.
//
// Threads: as a std::string.
#ifndef ROENTGEN_STORAGE_FILES_SECRET_H_
#define ROENTGEN_STORAGE_FILES_SECRET_H_

#include <cstddef>
#include <string_view>

namespace roentgen::storage {

class Secret {
 public:
  Secret() = default;
  // `size` zeros.
  explicit Secret(size_t size);
  static Secret CopyOf(std::string_view bytes);
  // Of the system's randomness.
  static Secret Random(size_t size);
  ~Secret();
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  unsigned char* data() { return bytes_; }
  const unsigned char* data() const { return bytes_; }
  size_t size() const { return size_; }
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes_), size_};
  }

 private:
  unsigned char* bytes_ = nullptr;
  size_t size_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_FILES_SECRET_H_
