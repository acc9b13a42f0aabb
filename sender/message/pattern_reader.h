// A value of a template: literal text with {placeholders} and {? optional parts}; {{ and }} are
// braces.
#pragma once

#include <string>
#include <string_view>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/message/template.h"

namespace esm {

// What a value's own text may not hold where it stands. (What values of a scenario hold is
// escaped.)
struct PatternRules {
  bool tabs = false;              // a tab may stand
  std::string_view refused = {};  // these characters may not …
  std::string problem = {};       // … "'|' cannot stand in a LEEF header"
  std::string hint = {};
};

// Reports every mistake of the value; what is returned is of use only if there were none.
Pattern read_pattern(const YamlNode& node, std::string_view key, const PatternRules& rules,
                     const SourceText& source, Diagnostics& diagnostics);

// Where `length` bytes at `offset` of a scalar stand in the file: also in a block scalar, or behind
// escapes, by looking for them. Falls back to the scalar's own place.
Place place_in_scalar(const YamlNode& node, std::size_t offset, std::size_t length,
                      const SourceText& source);

}  // namespace esm
