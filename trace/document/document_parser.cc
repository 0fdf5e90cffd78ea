#include "trace/document/document_parser.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/decimal_time.h"
#include "base/json_mend.h"
#include "base/json_walk.h"
#include "base/limits.h"
#include "trace/document/document_rules.h"
#include "trace/document/entity_draft.h"
#include "trace/document/entity_members.h"
#include "trace/document/name_rules.h"
#include "trace/document/parent_links.h"
#include "trace/document/scalar_tokens.h"

namespace roentgen::storage {
namespace {

// Most documents have no more; saves moving entities about.
constexpr size_t kUsualEntities = 6;

}  // namespace

struct DocumentParser::State {
  ondemand::parser parser;
  std::vector<EntityDraft> drafts;
  std::string key_storage;
};

// One pass over one document. Every Read function returns false when the text
// turns out not to be JSON; odd but legal values only set the draft.
class DocumentParser::Reader {
 public:
  Reader(State& state, ondemand::document& json, SegmentDocument& out)
      : state_(state), json_(json), out_(out) {}

  bool ReadRoot(std::string_view text) {
    ondemand::object object;
    if (json_.get_object().get(object)) return false;
    if (!ReadEntity(object, -1, limits::kDocumentDepthMax - 1)) return false;
    out_.entities[0].json = text;
    // Whatever follows the object would be a second document.
    const char* rest = nullptr;
    return json_.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
  }

 private:
  bool ReadEntity(ondemand::object& object, int32_t parent, int depth) {
    const size_t self = out_.entities.size();
    out_.entities.emplace_back().parent = parent;
    state_.drafts.emplace_back();
    for (auto item : object) {
      ondemand::field field;
      std::string_view key;
      if (std::move(item).get(field) ||
          !ReadKey(field, state_.key_storage, key)) {
        return false;
      }
      const EntityMember member = EntityMemberOf(key);
      ondemand::value value = field.value();
      if (member == EntityMember::kUnknown || !IsMemberOf(member, self == 0)) {
        out_.entities[self].needs_edit = true;
        if (!WalkValue(value, depth)) return false;
      } else if (!ReadMember(member, value, self, depth)) {
        return false;
      }
    }
    return true;
  }

  bool ReadMember(EntityMember member, ondemand::value& value, size_t self,
                  int depth) {
    ondemand::json_type type;
    if (value.type().get(type)) return false;
    Reset(member, self);
    if (type != ondemand::json_type::null && type != ExpectedType(member)) {
      if (!ReadMistyped(member, type, value, self)) return false;
      return WalkValue(value, depth);
    }
    if (type == ondemand::json_type::null) {
      return ScalarToken(value) == "null";  // As if absent.
    }
    switch (member) {
      case EntityMember::kSubsegments:
        return ReadSubsegments(value, self, depth);
      case EntityMember::kAnnotations:
        return ReadAnnotations(value, self, depth);
      case EntityMember::kHttp:
        return ReadHttp(value, self, depth);
      case EntityMember::kAws:
        return ReadAws(value, self, depth);
      case EntityMember::kSql:
        out_.entities[self].has_sql = true;
        return ReadBlock(value, depth, out_.entities[self].sql_json);
      case EntityMember::kCause:
        return ReadCause(value, self, depth);
      case EntityMember::kLinks:
        return ReadLinks(value, self, depth);
      default:
        return ReadScalar(member, type, value, self, depth);
    }
  }

  // Forgets an earlier member of the same name: the last one wins, also when
  // it is null or of the wrong type.
  void Reset(EntityMember member, size_t self) {
    ResetMember(member, out_.entities[self], state_.drafts[self]);
    if (member == EntityMember::kSubsegments) {
      out_.entities.resize(self + 1);
      state_.drafts.resize(self + 1);
      std::erase_if(out_.annotations,
                    [&](const auto& a) { return a.entity > self; });
    } else if (member == EntityMember::kAnnotations) {
      std::erase_if(out_.annotations,
                    [&](const auto& a) { return a.entity == self; });
    }
  }

  // Members of the wrong type are dropped, except where that hides the
  // entity's identity or times.
  bool ReadMistyped(EntityMember member, ondemand::json_type type,
                    ondemand::value& value, size_t self) {
    EntityDraft& draft = state_.drafts[self];
    EntityView& entity = out_.entities[self];
    entity.needs_edit = true;
    switch (member) {
      case EntityMember::kId:
        draft.id = Given::kBad;
        break;
      case EntityMember::kTraceId:
        draft.trace_id = Given::kBad;
        break;
      case EntityMember::kParentId:
        draft.parent_id = Given::kBad;
        break;
      case EntityMember::kStartTime:
        draft.start = Given::kBad;
        break;
      case EntityMember::kEndTime:
        draft.end = Given::kBad;
        break;
      case EntityMember::kType:
        draft.has_type = true;
        draft.is_subsegment = false;
        break;
      case EntityMember::kCause:
        // Also a string: the id of an exception recorded elsewhere.
        if (type == ondemand::json_type::string &&
            EntityId::Parse(ReadStringToken(value).content)) {
          entity.cause_json = ScalarToken(value);
          entity.needs_edit = false;
        }
        break;
      default:
        break;
    }
    return true;
  }

  bool ReadScalar(EntityMember member, ondemand::json_type type,
                  ondemand::value& value, size_t self, int depth) {
    EntityView& entity = out_.entities[self];
    if (type == ondemand::json_type::string) {
      std::string_view text;
      return ReadString(value, text) && SetString(member, text, self);
    }
    if (type == ondemand::json_type::number) {
      return SetTime(member, ScalarToken(value), self);
    }
    if (type == ondemand::json_type::boolean) {
      const std::string_view token = ScalarToken(value);
      if (token != "true" && token != "false") return false;
      const bool on = token == "true";
      const Flag flag = on ? Flag::kTrue : Flag::kFalse;
      if (member == EntityMember::kError) entity.error = flag;
      if (member == EntityMember::kThrottle) entity.throttle = flag;
      if (member == EntityMember::kFault) entity.fault = flag;
      if (member == EntityMember::kInProgress) entity.in_progress = on;
      return true;
    }
    return WalkValue(value, depth);  // Blocks that are only stored.
  }

  bool SetString(EntityMember member, std::string_view text, size_t self) {
    EntityView& entity = out_.entities[self];
    EntityDraft& draft = state_.drafts[self];
    switch (member) {
      case EntityMember::kId: {
        const std::optional<EntityId> id = EntityId::Parse(text);
        draft.id = id ? Given::kGood : Given::kBad;
        if (id) entity.id = *id;
        break;
      }
      case EntityMember::kParentId:
        entity.parent_id = EntityId::Parse(text);
        draft.parent_id = entity.parent_id ? Given::kGood : Given::kBad;
        break;
      case EntityMember::kTraceId: {
        const std::optional<TraceId> id = TraceId::ParseXray(text);
        draft.trace_id = id ? Given::kGood : Given::kBad;
        if (id && self == 0) out_.trace_id = *id;
        break;
      }
      case EntityMember::kName:
        draft.has_name = !text.empty();
        draft.raw_name = text;
        break;
      case EntityMember::kType:
        draft.has_type = true;
        draft.is_subsegment = text == "subsegment";
        break;
      case EntityMember::kNamespace:
        entity.name_space = text == "aws"      ? Namespace::kAws
                            : text == "remote" ? Namespace::kRemote
                                               : Namespace::kLocal;
        break;
      case EntityMember::kUser:
        entity.user = CutChars(text, limits::kStringCharsMax);
        break;
      case EntityMember::kOrigin:
        entity.origin = CutChars(text, limits::kStringCharsMax);
        break;
      case EntityMember::kResourceArn:
        entity.resource_arn = CutChars(text, limits::kAnnotationValueCharsMax);
        break;
      default:
        break;
    }
    return true;
  }

  bool SetTime(EntityMember member, std::string_view token, size_t self) {
    if (!IsJsonNumber(token)) return false;
    const std::optional<Timestamp> time = ParseEpochSeconds(token);
    EntityDraft& draft = state_.drafts[self];
    const Given given = time ? Given::kGood : Given::kBad;
    if (member == EntityMember::kStartTime) {
      draft.start = given;
      if (time) out_.entities[self].start = *time;
    } else if (member == EntityMember::kEndTime) {
      draft.end = given;
      if (time) out_.entities[self].end = *time;
    }
    return true;
  }

  bool ReadSubsegments(ondemand::value& value, size_t self, int depth) {
    ondemand::array array;
    if (depth < 2 || value.get_array().get(array)) return false;
    for (auto item : array) {
      ondemand::value element;
      ondemand::json_type type;
      if (std::move(item).get(element) || element.type().get(type))
        return false;
      if (type != ondemand::json_type::object) {
        out_.entities[self].needs_edit = true;
        if (!WalkValue(element, depth - 1)) return false;
        continue;
      }
      const size_t child = out_.entities.size();
      const char* begin = element.raw_json_token().data();
      ondemand::object object;
      if (element.get_object().get(object)) return false;
      if (!ReadEntity(object, static_cast<int32_t>(self), depth - 2) ||
          !SliceFrom(begin, out_.entities[child].json)) {
        return false;
      }
    }
    return true;
  }

  bool ReadAnnotations(ondemand::value& value, size_t self, int depth) {
    const size_t first = out_.annotations.size();
    const bool ok =
        ForEachMember(value, [&](std::string_view key, ondemand::value& item) {
          AnnotationPair pair{
              .entity = static_cast<uint32_t>(self), .key = {}, .value = {}};
          bool keep = false;
          if (!ReadAnnotationValue(item, depth, pair.value, keep)) return false;
          if (!keep || !IsAnnotationKey(key)) {
            out_.entities[self].needs_edit = true;
            return true;
          }
          pair.key = IsTemporary(key) ? Keep(std::string(key)) : key;
          out_.annotations.push_back(pair);
          return true;
        });
    KeepLastOfEachKey(first);
    return ok;
  }

  // Of annotations given twice, from index `first` on, only the last stays.
  void KeepLastOfEachKey(size_t first) {
    std::vector<AnnotationPair>& all = out_.annotations;
    absl::flat_hash_set<std::string_view> seen;
    size_t to = all.size();
    for (size_t i = all.size(); i > first; --i) {
      if (seen.insert(all[i - 1].key).second) all[--to] = all[i - 1];
    }
    all.erase(all.begin() + static_cast<ptrdiff_t>(first),
              all.begin() + static_cast<ptrdiff_t>(to));
  }

  bool ReadAnnotationValue(ondemand::value& item, int depth,
                           AnnotationView& value, bool& keep) {
    ondemand::json_type type;
    if (item.type().get(type)) return false;
    if (type == ondemand::json_type::string) {
      std::string_view text;
      if (!ReadString(item, text)) return false;
      value = CutChars(text, limits::kAnnotationValueCharsMax);
      keep = true;
      return true;
    }
    if (!WalkValue(item, depth - 1)) return false;
    if (type == ondemand::json_type::boolean) {
      value = ScalarToken(item) == "true";
      keep = true;
    } else if (type == ondemand::json_type::number) {
      keep = ReadNumber(ScalarToken(item), value);
    }
    return true;
  }

  bool ReadHttp(ondemand::value& value, size_t self, int depth) {
    EntityView& entity = out_.entities[self];
    const char* begin = value.raw_json_token().data();
    const auto read_part = [&](std::string_view key, ondemand::value& item) {
      if (key == "request") {
        entity.http = {.status = entity.http.status};
      } else if (key == "response") {
        entity.http.status = 0;
      }
      if (key == "request" && IsObject(item)) {
        return ForEachMember(
            item, [&](std::string_view name, ondemand::value& member) {
              return ReadHttpRequest(name, member, entity, depth - 2);
            });
      }
      if (key == "response" && IsObject(item)) {
        return ForEachMember(
            item, [&](std::string_view name, ondemand::value& member) {
              return ReadHttpResponse(name, member, entity, depth - 2);
            });
      }
      return WalkValue(item, depth - 1);
    };
    return depth > 2 && ForEachMember(value, read_part) &&
           SliceFrom(begin, entity.http_json);
  }

  bool ReadHttpRequest(std::string_view key, ondemand::value& value,
                       EntityView& entity, int depth) {
    if (key == "traced") entity.needs_edit = true;
    std::string_view* target = key == "method"       ? &entity.http.method
                               : key == "url"        ? &entity.http.url
                               : key == "user_agent" ? &entity.http.user_agent
                               : key == "client_ip"  ? &entity.http.client_ip
                                                     : nullptr;
    if (target == nullptr || !IsString(value)) return WalkValue(value, depth);
    std::string_view text;
    if (!ReadString(value, text)) return false;
    *target = CutChars(text, limits::kStringCharsMax);
    return true;
  }

  bool ReadHttpResponse(std::string_view key, ondemand::value& value,
                        EntityView& entity, int depth) {
    ondemand::json_type type;
    if (value.type().get(type) || !WalkValue(value, depth)) return false;
    const bool number = type == ondemand::json_type::number;
    const bool text = type == ondemand::json_type::string;
    if (key == "status" && (number || text)) {
      entity.needs_edit |= text;
      entity.http.status = StatusOfToken(ScalarToken(value));
    }
    if (key == "content_length" && !number) entity.needs_edit = true;
    return true;
  }

  bool ReadAws(ondemand::value& value, size_t self, int depth) {
    EntityView& entity = out_.entities[self];
    EntityDraft& draft = state_.drafts[self];
    const char* begin = value.raw_json_token().data();
    const auto read_member = [&](std::string_view key, ondemand::value& item) {
      if (key == "ec2" && IsObject(item)) {
        return ForEachMember(
            item, [&](std::string_view name, ondemand::value& member) {
              return ReadStringInto(
                  member,
                  name == "instance_id"         ? &entity.aws.instance_id
                  : name == "availability_zone" ? &entity.aws.availability_zone
                                                : nullptr,
                  depth - 2);
            });
      }
      if (key == "resource_names") {
        return ReadResourceNames(item, draft, depth - 1);
      }
      return ReadStringInto(item, AwsMember(key, entity.aws), depth - 1);
    };
    return depth > 2 && ForEachMember(value, read_member) &&
           SliceFrom(begin, entity.aws_json);
  }

  static std::string_view* AwsMember(std::string_view key, AwsView& aws) {
    if (key == "operation") return &aws.operation;
    if (key == "account_id") return &aws.account_id;
    if (key == "table_name") return &aws.table_name;
    if (key == "bucket_name") return &aws.bucket_name;
    if (key == "queue_url") return &aws.queue_url;
    if (key == "topic_arn") return &aws.topic_arn;
    if (key == "function_name") return &aws.function_name;
    return nullptr;
  }

  bool ReadResourceNames(ondemand::value& value, EntityDraft& draft,
                         int depth) {
    draft.has_resource_names = true;
    draft.resource_name = {};
    ondemand::json_type type;
    if (value.type().get(type)) return false;
    if (type != ondemand::json_type::array) return WalkValue(value, depth);
    ondemand::array array;
    if (value.get_array().get(array)) return false;
    size_t count = 0;
    for (auto item : array) {
      ondemand::value element;
      if (std::move(item).get(element)) return false;
      std::string_view text;
      if (!ReadStringInto(element, &text, depth - 1)) return false;
      draft.resource_name = ++count == 1 ? text : std::string_view();
    }
    return true;
  }

  bool ReadCause(ondemand::value& value, size_t self, int depth) {
    const char* begin = value.raw_json_token().data();
    const auto read_member = [&](std::string_view key, ondemand::value& item) {
      ondemand::json_type type;
      if (item.type().get(type)) return false;
      // An exception's empty stack is not kept; looking inside each costs
      // more than editing the few documents with exceptions when read.
      if (key == "exceptions" && type == ondemand::json_type::array) {
        out_.entities[self].needs_edit = true;
      }
      return WalkValue(item, depth - 1);
    };
    return ForEachMember(value, read_member) &&
           SliceFrom(begin, out_.entities[self].cause_json);
  }

  // Entries are checked when the document is edited.
  bool ReadLinks(ondemand::value& value, size_t self, int depth) {
    out_.entities[self].needs_edit = true;
    return ReadBlock(value, depth, state_.drafts[self].links_json);
  }

  bool ReadBlock(ondemand::value& value, int depth, std::string_view& json) {
    const char* begin = value.raw_json_token().data();
    return WalkValue(value, depth) && SliceFrom(begin, json);
  }

  bool ReadStringInto(ondemand::value& value, std::string_view* target,
                      int depth) {
    if (target == nullptr || !IsString(value)) return WalkValue(value, depth);
    return ReadString(value, *target);
  }

  template <typename Fn>
  bool ForEachMember(ondemand::value& value, Fn fn) {
    ondemand::object object;
    if (value.get_object().get(object)) return false;
    std::string storage;
    for (auto item : object) {
      ondemand::field field;
      std::string_view key;
      if (std::move(item).get(field) || !ReadKey(field, storage, key))
        return false;
      ondemand::value member = field.value();
      if (!fn(key, member)) return false;
    }
    return true;
  }

  bool ReadString(ondemand::value& value, std::string_view& text) {
    const StringToken token = ReadStringToken(value);
    if (!token.valid) return false;
    text = token.content;
    if (!token.escaped) return ConsumeString(value, token);
    std::string_view unescaped;
    if (value.get_string().get(unescaped)) return false;
    text = Keep(std::string(unescaped));
    return true;
  }

  static bool IsString(ondemand::value& value) {
    ondemand::json_type type;
    return !value.type().get(type) && type == ondemand::json_type::string;
  }
  static bool IsObject(ondemand::value& value) {
    ondemand::json_type type;
    return !value.type().get(type) && type == ondemand::json_type::object;
  }

  // The text from `begin` to where the reader stands, without white space.
  bool SliceFrom(const char* begin, std::string_view& json) {
    const char* end = nullptr;
    if (json_.current_location().get(end) || end < begin) return false;
    json = std::string_view(begin, static_cast<size_t>(end - begin));
    json = json.substr(0, json.find_last_of("}]") + 1);
    return true;
  }

  bool IsTemporary(std::string_view text) const {
    const char* own = out_.padded_.get();
    return text.data() < own || text.data() >= own + out_.padded_capacity_;
  }

  std::string_view Keep(std::string text) {
    return out_.strings_.Add(std::move(text));
  }

  State& state_;
  ondemand::document& json_;
  SegmentDocument& out_;
};

DocumentParser::DocumentParser() : state_(std::make_unique<State>()) {}
DocumentParser::~DocumentParser() = default;
DocumentParser::DocumentParser(DocumentParser&&) noexcept = default;
DocumentParser& DocumentParser::operator=(DocumentParser&&) noexcept = default;

bool DocumentParser::Read(std::string_view text, SegmentDocument& doc) {
  doc.Clear();
  doc.entities.reserve(kUsualEntities);
  state_->drafts.clear();
  const size_t padded = text.size() + simdjson::SIMDJSON_PADDING;
  char* const copy = doc.SourceBuffer(padded);
  std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, simdjson::SIMDJSON_PADDING);
  const std::string_view own(copy, text.size());
  ondemand::document json;
  const simdjson::padded_string_view input(own.data(), own.size(),
                                           doc.padded_capacity_);
  return !state_->parser.iterate(input).get(json) &&
         Reader(*state_, json, doc).ReadRoot(own);
}

// simdjson takes some halves of pairs for characters: they are looked for
// first. It notices bytes that are not UTF-8 itself.
bool DocumentParser::ReadMended(std::string_view text, SegmentDocument& doc) {
  if (!HasHalfSurrogate(text) && Read(text, doc)) return true;
  const std::optional<std::string> mended = MendedJson(text);
  return mended && Read(*mended, doc);
}

std::optional<DocumentFault> DocumentParser::Parse(std::string_view text,
                                                   SegmentDocument& doc,
                                                   size_t bytes_max) {
  doc.Clear();
  if (text.size() > bytes_max) {
    return MakeFault(DocumentFault::Subject::kSegment, "InvalidSegment",
                     "The document has " + std::to_string(text.size()) +
                         " bytes, the limit is " + std::to_string(bytes_max));
  }
  if (!ReadMended(text, doc)) {
    return MakeFault(DocumentFault::Subject::kEntity, "ParseError");
  }
  doc.independent_subsegment = state_->drafts.front().is_subsegment;
  std::optional<DocumentFault> fault = CheckDocument(doc, state_->drafts);
  if (fault) {
    if (state_->drafts.front().id == Given::kGood) {
      fault->id = doc.entities.front().id.ToString();
    }
    return fault;
  }
  for (size_t i = 0; i < doc.entities.size(); ++i) {
    Normalize(doc.entities[i], state_->drafts[i], doc.strings_);
    const std::string_view links = state_->drafts[i].links_json;
    if (!links.empty()) {
      AppendParentLinks(links, static_cast<uint32_t>(i), doc.links);
    }
  }
  return std::nullopt;
}

}  // namespace roentgen::storage
