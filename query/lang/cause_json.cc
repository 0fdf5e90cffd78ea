#include "query/lang/cause_json.h"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "base/json_writer.h"
#include "query/lang/stored_name.h"

namespace roentgen::query {
namespace {

// Reads one value into a pattern; false with the error set.
template <typename Pattern>
struct Member {
  std::string_view name;
  bool (*read)(TokenStream&, Pattern&);
};

bool ReadText(TokenStream& tokens, std::string& out) {
  if (tokens.peek().kind != TokenKind::kString) {
    return tokens.FailHere("expected a string");
  }
  out = tokens.Take().string;
  return true;
}

bool Read(TokenStream& tokens, std::optional<std::string>& out) {
  return ReadText(tokens, out.emplace());
}

bool Read(TokenStream& tokens, std::optional<double>& out) {
  if (tokens.peek().kind != TokenKind::kNumber) {
    return tokens.FailHere("expected a number");
  }
  out = tokens.Take().number.AsDouble();
  return true;
}

bool Read(TokenStream& tokens, std::optional<bool>& out) {
  if (!tokens.AtWord("true") && !tokens.AtWord("false")) {
    return tokens.FailHere("expected true or false");
  }
  out = tokens.AtWord("true");
  tokens.Take();
  return true;
}

// Elements up to the "]"; the "[" is behind us.
template <typename T, typename ReadElement>
bool ReadElements(TokenStream& tokens, std::vector<T>& out,
                  ReadElement read_element) {
  if (tokens.Accept("]")) return true;
  do {
    if (!tokens.CountTerm()) return false;
    if (!read_element(tokens, out.emplace_back())) return false;
  } while (tokens.Accept(","));
  return tokens.Expect("]");
}

bool Read(TokenStream& tokens, std::vector<std::string>& out) {
  return tokens.Expect("[") && ReadElements(tokens, out, ReadText);
}

template <typename Pattern, size_t kCount>
std::string NamesOf(const Member<Pattern> (&members)[kCount]) {
  std::string names;
  for (const Member<Pattern>& member : members) {
    if (!names.empty()) names += ", ";
    names += member.name;
  }
  return names;
}

template <typename Pattern, size_t kCount>
bool ReadObject(TokenStream& tokens, const Member<Pattern> (&members)[kCount],
                Pattern& out) {
  if (!tokens.Expect("{")) return false;
  if (tokens.Accept("}")) return true;
  bool seen[kCount] = {};
  do {
    if (tokens.peek().kind != TokenKind::kString) {
      return tokens.FailHere("expected a member of a root cause");
    }
    size_t m = 0;
    while (m < kCount && members[m].name != tokens.peek().string) ++m;
    if (m == kCount) return tokens.FailHere("known here: " + NamesOf(members));
    if (std::exchange(seen[m], true)) {
      return tokens.FailHere("the member is there twice");
    }
    tokens.Take();
    if (!tokens.Expect(":")) return false;
    if (tokens.AtWord("null")) {
      tokens.Take();
    } else if (!members[m].read(tokens, out)) {
      return false;
    }
  } while (tokens.Accept(","));
  return tokens.Expect("}");
}

// A name of a service or an entity.
template <typename Pattern, std::optional<std::string> Pattern::*kField>
bool ReadName(TokenStream& tokens, Pattern& out) {
  if (!Read(tokens, out.*kField)) return false;
  out.*kField = AsStored(*(out.*kField));
  return true;
}

bool ReadNames(TokenStream& tokens, ServicePattern& out) {
  if (!Read(tokens, out.names)) return false;
  for (std::string& name : out.names) name = AsStored(name);
  return true;
}

template <typename Pattern, typename T, T Pattern::*kField>
bool ReadField(TokenStream& tokens, Pattern& out) {
  return Read(tokens, out.*kField);
}

// A list of objects.
template <typename Pattern, typename T, std::vector<T> Pattern::*kField,
          bool (*kReadElement)(TokenStream&, T&)>
bool ReadList(TokenStream& tokens, Pattern& out) {
  return tokens.Expect("[") && ReadElements(tokens, out.*kField, kReadElement);
}

using Text = std::optional<std::string>;
using Flag = std::optional<bool>;
using Number = std::optional<double>;

bool ReadException(TokenStream& tokens, ExceptionPattern& out) {
  using P = ExceptionPattern;
  static constexpr Member<P> kMembers[] = {
      {"Name", ReadField<P, Text, &P::name>},
      {"Message", ReadField<P, Text, &P::message>},
  };
  return ReadObject(tokens, kMembers, out);
}

bool ReadEntity(TokenStream& tokens, EntityPattern& out) {
  using P = EntityPattern;
  static constexpr Member<P> kMembers[] = {
      {"Name", ReadName<P, &P::name>},
      {"Coverage", ReadField<P, Number, &P::coverage>},
      {"Remote", ReadField<P, Flag, &P::remote>},
      {"Exceptions",
       ReadList<P, ExceptionPattern, &P::exceptions, ReadException>},
  };
  return ReadObject(tokens, kMembers, out);
}

bool ReadService(TokenStream& tokens, ServicePattern& out) {
  using P = ServicePattern;
  static constexpr Member<P> kMembers[] = {
      {"Name", ReadName<P, &P::name>},
      {"Names", ReadNames},
      {"Type", ReadField<P, Text, &P::type>},
      {"AccountId", ReadField<P, Text, &P::account_id>},
      {"Inferred", ReadField<P, Flag, &P::inferred>},
      {"EntityPath", ReadList<P, EntityPattern, &P::entity_path, ReadEntity>},
  };
  return ReadObject(tokens, kMembers, out);
}

bool ReadCause(TokenStream& tokens, CausePattern& out) {
  using P = CausePattern;
  static constexpr Member<P> kMembers[] = {
      {"Services", ReadList<P, ServicePattern, &P::services, ReadService>},
      {"ClientImpacting", ReadField<P, Flag, &P::client_impacting>},
  };
  return ReadObject(tokens, kMembers, out);
}

void Write(JsonWriter& json, std::string_view key, const Text& value) {
  if (value) json.Key(key).String(*value);
}

void Write(JsonWriter& json, std::string_view key, const Flag& value) {
  if (value) json.Key(key).Bool(*value);
}

void Write(JsonWriter& json, std::string_view key, const Number& value) {
  if (value) json.Key(key).Double(*value);
}

template <typename T, typename WriteOne>
void WriteList(JsonWriter& json, std::string_view key,
               const std::vector<T>& values, WriteOne write_one) {
  if (values.empty()) return;  // Matches anything, as if it were not there.
  json.Key(key).BeginArray();
  for (const T& value : values) write_one(json, value);
  json.EndArray();
}

void WriteText(JsonWriter& json, const std::string& text) { json.String(text); }

void WriteException(JsonWriter& json, const ExceptionPattern& pattern) {
  json.BeginObject();
  Write(json, "Name", pattern.name);
  Write(json, "Message", pattern.message);
  json.EndObject();
}

void WriteEntity(JsonWriter& json, const EntityPattern& pattern) {
  json.BeginObject();
  Write(json, "Name", pattern.name);
  Write(json, "Coverage", pattern.coverage);
  Write(json, "Remote", pattern.remote);
  WriteList(json, "Exceptions", pattern.exceptions, WriteException);
  json.EndObject();
}

void WriteService(JsonWriter& json, const ServicePattern& pattern) {
  json.BeginObject();
  Write(json, "Name", pattern.name);
  WriteList(json, "Names", pattern.names, WriteText);
  Write(json, "Type", pattern.type);
  Write(json, "AccountId", pattern.account_id);
  Write(json, "Inferred", pattern.inferred);
  WriteList(json, "EntityPath", pattern.entity_path, WriteEntity);
  json.EndObject();
}

}  // namespace

bool ParseCausePatterns(TokenStream& tokens,
                        std::vector<CausePattern>& patterns) {
  if (tokens.At("]")) return tokens.FailHere("expected a root cause");
  return ReadElements(tokens, patterns, ReadCause);
}

std::string PrintCausePatterns(const std::vector<CausePattern>& patterns) {
  std::string out = "#";
  JsonWriter json(out);
  json.BeginArray();
  for (const CausePattern& pattern : patterns) {
    json.BeginObject();
    WriteList(json, "Services", pattern.services, WriteService);
    Write(json, "ClientImpacting", pattern.client_impacting);
    json.EndObject();
  }
  json.EndArray();
  return out;
}

}  // namespace roentgen::query
