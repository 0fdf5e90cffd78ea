// The annotations and users of a trace, gathered for its summary: values of
// each key in order of first arrival, with the services that report them.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_ASSEMBLY_ANNOTATION_VALUES_H_
#define ROENTGEN_TRACE_ASSEMBLY_ANNOTATION_VALUES_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "trace/document/segment_document.h"
#include "trace/model/service_id.h"
#include "trace/model/trace_summary.h"

namespace roentgen::storage {

class AnnotationValues {
 public:
  // `owner` outlives this object, one address stands for one service; null: of
  // no service. Texts are copied where they are new.
  void AddAnnotation(std::string_view key, const AnnotationView& value,
                     const ServiceId* owner);
  void AddUser(std::string_view name, const ServiceId* owner);

  void MoveTo(TraceSummary& summary) &&;

 private:
  // A trace may have more annotations than it has bytes to spare for names.
  using Owners = absl::flat_hash_set<const ServiceId*>;
  struct Value {
    AnnotationValue value;
    Owners services;
  };
  struct Key {
    std::map<AnnotationValue, size_t> index;
    std::vector<Value> values;
  };

  static std::vector<ServiceId> Sorted(const Owners& owners);

  std::map<std::string, Key, std::less<>> keys_;
  std::map<std::string, Owners, std::less<>> users_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_ANNOTATION_VALUES_H_
