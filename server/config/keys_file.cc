#include "server/config/keys_file.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "server/config/private_file.h"
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
      } else if (field == "secret_hash") {
        RTG_RETURN_IF_ERROR(ReadText(place, member.second, key.secret_hash));
      } else if (field == "expires") {
        RTG_RETURN_IF_ERROR(ReadTime(place, member.second, key.expires));
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

  absl::Status ReadTime(const std::string& place, const YAML::Node& value,
                        std::optional<absl::Time>& time) {
    std::string text;
    RTG_RETURN_IF_ERROR(ReadText(place, value, text));
    absl::Time read;
    // A day ends with it.
    if (absl::ParseTime(absl::RFC3339_full, text, &read, nullptr)) {
      time = read;
    } else if (absl::ParseTime("%Y-%m-%d", text, &read, nullptr)) {
      time = read + absl::Hours(24);
    } else {
      return At(value, place + ": '" + text.substr(0, 40) +
                           "' is no time as 2026-12-31 or "
                           "2026-12-31T12:00:00Z");
    }
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
  RTG_ASSIGN_OR_RETURN(
      const std::string text,
      ReadPrivateFile(path, "keys file", limits::kKeysFileBytesMax));
  return ParseKeys(text, path);
}

}  // namespace roentgen::server
