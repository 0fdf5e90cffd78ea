#include "base/crash_point.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>

namespace roentgen {
namespace {

// What a shell reports for a process that SIGKILL ended.
constexpr int kKilledExitCode = 137;

struct Target {
  std::string name;
  std::atomic<int> passages_left{0};

  Target() {
    const char* setting = std::getenv("ROENTGEN_CRASH_POINT");
    if (setting == nullptr) return;
    name = setting;
    passages_left = 1;
    const size_t colon = name.find(':');
    if (colon == std::string::npos) return;
    passages_left = std::atoi(name.c_str() + colon + 1);
    name.resize(colon);
  }
};

Target& TheTarget() {
  static Target target;
  return target;
}

}  // namespace

bool CrashPointsArmed() {
  static const bool armed = !TheTarget().name.empty();
  return armed;
}

void PassCrashPoint(std::string_view name) {
  Target& target = TheTarget();
  if (name == target.name && --target.passages_left == 0) {
    _exit(kKilledExitCode);
  }
}

}  // namespace roentgen
