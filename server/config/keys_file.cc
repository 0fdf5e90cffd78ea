#include "server/config/keys_file.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "yaml-cpp/yaml.h"

namespace roentgen::server {
namespace {

class KeysReader {
 public:
  explicit KeysReader(std::string_view where) : where_(where) {}

  absl::StatusOr<std::vector<AccessKey>> Read(const YAML::Node& root) {
    if (!root.IsMap() || root.size() != 1 || !root["keys"] ||
        !root["keys"].IsSequence()) {
      return At(root, "expected 'keys:' with a list below it, and no more");
    }
    std::vector<AccessKey> keys;
    for (const auto& entry : root["keys"]) {
      if (keys.size() == limits::kAccessKeysMax) {
        return At(entry, "more than " + std::to_string(limits::kAccessKeysMax) +
                             " keys");
      }
      const std::string name = "keys[" + std::to_string(keys.size()) + "]";
      RTG_ASSIGN_OR_RETURN(AccessKey key, ReadKey(name, entry));
      if (!ids_.insert(key.id).second) {
        return At(entry, name + ".id: '" + key.id + "' is there twice");
      }
      keys.push_back(std::move(key));
    }
    return keys;
  }

 private:
  absl::StatusOr<AccessKey> ReadKey(const std::string& name,
                                    const YAML::Node& entry) {
    if (!entry.IsMap()) return At(entry, name + ": expected id, secret, ...");
    AccessKey key;
    std::set<std::string> seen;
    for (const auto& member : entry) {
      if (!member.first.IsScalar()) return At(member.first, name + ": bad key");
      const std::string field = member.first.Scalar();
      const std::string place = name + '.' + field;
      if (!seen.insert(field).second) return At(member.first, place + " twice");
      if (field == "id") {
        RTG_RETURN_IF_ERROR(ReadText(place, member.second, key.id));
      } else if (field == "secret") {
        RTG_RETURN_IF_ERROR(ReadText(place, member.second, key.secret));
      } else if (field == "session_token") {
        RTG_RETURN_IF_ERROR(
            ReadText(place, member.second, key.session_token.emplace()));
      } else if (field == "certificates") {
        RTG_RETURN_IF_ERROR(ReadTexts(place, member.second, key.certificates));
      } else if (field == "permissions") {
        RTG_RETURN_IF_ERROR(
            ReadPermissions(place, member.second, key.permissions));
      } else {
        return At(member.first, name + ": unknown field '" + field + "'");
      }
    }
    const absl::Status fault = CheckAccessKey(key);
    if (fault.ok()) return key;
    return At(entry, name + '.' + std::string(fault.message()));
  }

  absl::Status ReadText(const std::string& place, const YAML::Node& value,
                        std::string& text) {
    if (!value.IsScalar()) return At(value, place + ": expected a text");
    text = value.Scalar();
    return absl::OkStatus();
  }

  absl::Status ReadTexts(const std::string& place, const YAML::Node& list,
                         std::vector<std::string>& texts) {
    if (!list.IsSequence()) return At(list, place + ": expected a list");
    for (const auto& item : list) {
      RTG_RETURN_IF_ERROR(ReadText(place, item, texts.emplace_back()));
    }
    return absl::OkStatus();
  }

  absl::Status ReadPermissions(const std::string& place, const YAML::Node& list,
                               Permissions& permissions) {
    if (!list.IsSequence()) return At(list, place + ": expected a list");
    for (const auto& item : list) {
      const std::string text = item.IsScalar() ? item.Scalar() : "";
      if (text == "ingest") {
        permissions.ingest = true;
      } else if (text == "read") {
        permissions.read = true;
      } else if (text == "administer") {
        permissions.administer = true;
      } else {
        return At(item, place + ": '" + text +
                            "' is none of ingest, read, administer");
      }
    }
    return absl::OkStatus();
  }

  absl::Status At(const YAML::Node& node, const std::string& what) const {
    // An empty text has no line.
    const int line = std::max(node.Mark().line, 0) + 1;
    return absl::InvalidArgumentError(where_ + ":" + std::to_string(line) +
                                      ": " + what);
  }

  const std::string where_;
  std::set<std::string> ids_;
};

}  // namespace

absl::StatusOr<std::vector<AccessKey>> ParseKeys(const std::string& text,
                                                 std::string_view where) {
  try {
    return KeysReader(where).Read(YAML::Load(text));
  } catch (const YAML::Exception& e) {
    return absl::InvalidArgumentError(std::string(where) + ":" +
                                      std::to_string(e.mark.line + 1) + ": " +
                                      e.msg);
  }
}

absl::StatusOr<std::vector<AccessKey>> LoadKeysFile(const std::string& path) {
  struct stat about = {};
  std::ifstream file(path, std::ios::binary);
  if (!file || ::stat(path.c_str(), &about) != 0 || S_ISDIR(about.st_mode)) {
    return absl::NotFoundError("cannot read the keys file '" + path + "'");
  }
  if (about.st_size > static_cast<off_t>(limits::kKeysFileBytesMax)) {
    return absl::InvalidArgumentError(
        path + ": must have at most " +
        std::to_string(limits::kKeysFileBytesMax) + " bytes");
  }
  if ((about.st_mode & S_IROTH) != 0) {
    LogWarn("anybody on this machine can read the access keys",
            {{"file", path}});
  }
  std::ostringstream text;
  if (!(text << file.rdbuf())) {
    return absl::InvalidArgumentError(path + ": cannot be read, or is empty");
  }
  return ParseKeys(text.str(), path);
}

}  // namespace roentgen::server
