// YAML files behind our diagnostics: scenarios, templates and profiles are read through this, so
// that every node has a place and every mistake is reported in the same words. yaml-cpp does the
// parsing; its events build a plain tree here because anchors, aliases, tags and duplicate keys are
// refused and because a value's quoting matters.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/time.h"

namespace esm {

struct YamlEntry;

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  Place place;
  std::string text;     // of a scalar
  bool quoted = false;  // of a scalar
  std::vector<YamlNode> items;
  std::vector<YamlEntry> entries;  // in file order, keys unique

  bool is_map() const { return kind == Kind::kMap; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_scalar() const { return kind == Kind::kScalar; }
  // Place of byte `offset` of a scalar: exact on the first line of a plain or quoted scalar without
  // escapes, which is what placeholders and patterns are written as.
  Place place_in(std::size_t offset, std::size_t length) const;
};

struct YamlEntry {
  std::string key;
  Place place;
  YamlNode value;
};

// One document of at most `bytes_max` bytes of UTF-8. Adds the source to `diagnostics` so that
// carets can be drawn. Nothing is returned on a syntax error (which is reported).
std::optional<YamlNode> parse_yaml(const SourceText& source, std::size_t bytes_max,
                                   Diagnostics& diagnostics);

// Reads a mapping with a closed set of keys. Each reader below makes its key known; finish()
// reports what was in the file and never asked for. A reader whose key is absent leaves `out` alone
// and returns false; one whose value is wrong reports it and returns false.
class YamlMap {
 public:
  // `what` names the mapping in messages: "the group 'office'". A node that is no mapping is
  // reported and then behaves as an empty one.
  YamlMap(const YamlNode& node, std::string what, Diagnostics& diagnostics);

  const Place& place() const { return node_.place; }
  // The value, or null if the key is absent.
  const YamlNode* find(std::string_view key);
  // The same, and its absence is an error with `hint`.
  const YamlNode* require(std::string_view key, std::string hint);

  bool text(std::string_view key, std::string& out);
  bool duration(std::string_view key, SimTime& out, SimTime min = SimTime{0},
                SimTime max = std::chrono::days{10'000});
  bool count(std::string_view key, std::uint32_t& out, std::uint32_t min = 0,
             std::uint32_t max = 0xFFFFFFFE);
  bool count64(std::string_view key, std::uint64_t& out, std::uint64_t min = 0,
               std::uint64_t max = UINT64_MAX);
  bool percent(std::string_view key, std::uint32_t& parts_per_million);
  bool boolean(std::string_view key, bool& out);  // yes, no, true, false
  // The position of the value among `choices`.
  bool choice(std::string_view key, std::initializer_list<std::string_view> choices,
              std::size_t& out);

  void finish();

 private:
  const YamlNode* scalar(std::string_view key);
  void wrong(std::string_view key, const YamlNode& value, const std::string& problem,
             std::string hint);

  const YamlNode& node_;
  std::string what_;
  Diagnostics& diagnostics_;
  // What stands under which key, and whether it was asked for.
  struct Entry {
    const YamlNode* value = nullptr;
    bool known = false;
  };
  std::map<std::string_view, Entry> entries_;
  std::vector<std::string> known_;  // in the order in which they were asked for, for hints
};

// "a, b or c", for hints.
std::string list_of_choices(std::initializer_list<std::string_view> choices);

}  // namespace esm
