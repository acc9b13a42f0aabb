// A template file as plain values, checked against the rules of its format at load.
// templates/README.md documents the language. Built by read_template from YAML.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/message/escape.h"
#include "sender/message/letter_case.h"
#include "sender/scenario/user_group.h"

namespace esm {

enum class Format : std::uint8_t { kLeef1, kLeef2, kCef, kCsv, kText };
enum class Head : std::uint8_t {
  kNone,
  kEsm,      // "<134>Sep 28 2016 17:38:48 172.16.183.173 ": what ESM writes before LEEF and CEF
  kRfc3164,  // "<134>Sep 28 17:38:48 esm01 "
  kRfc5424,  // "<134>1 2016-09-28T17:38:48.000Z esm01 …"
  kEsm5424,  // "<134>1 2018-03-11T08:02:22.00Z-04:00 10.0.1.20 - - - ": ESM's own, which is not RFC
             // 5424
};

// A placeholder's path: what is looked up.
enum class Field : std::uint8_t {
  kEndpointHost,
  kEndpointAddress,
  kEndpointVersion,
  kEndpointOs,
  kUser,        // {session.user}: in the form the scenario chose for this user
  kUserName,    // {session.name}: the bare name
  kUserDomain,  // {session.domain}
  kEsmName,
  kEsmAddress,
  kEsmVersion,
  kTime,     // {event.time:FORMAT}
  kOrdinal,  // {event.ordinal}: within the endpoint, from 0
  kHash,     // {event.hash}: 64 hexadecimal digits of its own
  kUuid,     // {event.uuid}
};

struct Piece {
  bool is_field = false;
  std::string literal;  // text, when not a field
  Field field = Field::kTime;
  std::string format;  // of a time: Java SimpleDateFormat letters, "epoch", "epoch-ms", "rfc3339"
  std::optional<UserForm> form = {};  // of kUser, instead of the scenario's
  LetterCase letters = LetterCase::kAsItIs;
  std::string stand_in = {};  // for a value that is empty
  bool raw = false;           // a literal that stays as it is: a deliberate fault (fault.h)
  int optional = 0;           // which optional part of its value it stands in, from 1; 0: none
  Place place = {};
};
using Pattern = std::vector<Piece>;

// Whether a scenario can leave the value empty.
bool may_be_empty(Field field);
// Whether a message can show that it is.
bool may_be_empty(const Piece& piece);

struct TemplateField {
  std::string key;
  Pattern value;
  bool optional = false;  // left out where one of the value's placeholders is empty
  Place place;
};

struct Template {
  std::string name;
  std::string about;
  Format format = Format::kLeef1;
  Head head = Head::kEsm;
  int priority = 134;          // facility * 8 + severity
  char delimiter = '\t';       // between LEEF's fields
  std::string delimiter_text;  // leef2: as the header says it; empty means tab
  std::string app_name = "-";  // of an RFC 5424 head
  std::string message_id = "-";
  // leef1, leef2, cef: the header's parts between the pipes.
  Pattern vendor, product, version, event_id, event_name;
  std::string cef_severity;
  std::vector<TemplateField> fields;  // leef, cef: key=value; csv: columns, keys empty
  Pattern text;                       // text: all of it
  Escape escape = Escape::kText;      // of values: in fields, or in the text
  char wrong_delimiter = '\0';        // between fields all the same: a deliberate fault (fault.h)
  std::size_t pad_to = 0;             // exact size of every message, 0 = as it comes (`--size`)
  SourceText source;
};

// The templates of a plan: its message's, and in their order those that its scenario names beside
// it (other_messages.h): of noise, of logoffs. A view: what it shows must outlive it.
struct Templates {
  Templates(const Template& of_message, std::span<const Template> of_others = {})
      : message(of_message), others(of_others) {}

  const Template& message;
  std::span<const Template> others;
};

inline constexpr std::size_t kTemplateBytesMax = 64 * 1024;

std::optional<Template> read_template(const SourceText& source, Diagnostics& diagnostics);

}  // namespace esm
