// The scenarios, templates and profiles that come with the program, compiled into it so that it
// works from any folder.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sender/base/diagnostics.h"

namespace esm {

enum class InputKind : std::uint8_t {
  kScenario,
  kTemplate,
  kProfile,
  kScenarioFile,  // what scenarios name: people.csv, with its ending
};
std::string_view name_of(InputKind kind);  // "scenario"

struct ShippedFile {
  InputKind kind;
  std::string_view name;  // "morning-logon"
  std::string_view text;
  std::string_view event = {};        // of a template that shows an event of ESM: which
  std::string_view former_name = {};  // under which it is found as well
};
std::span<const ShippedFile> shipped_files();  // by kind, then event, then name
const ShippedFile* shipped_file(InputKind kind, std::string_view name);
// Whether `what`, as a person named it, is a shipped file and not a path.
bool is_shipped(InputKind kind, std::string_view what);
// scenarios/schema.json.
std::string_view scenario_schema();
// The file's `about:` line.
std::string about(const ShippedFile& file);

// `what` is the name of a shipped file, "-" for standard input, or a path (taken as relative to
// `folder` when that is not empty: what a scenario names lies beside it). At most the bytes its
// kind allows (input_file.h).
std::optional<SourceText> load_input(InputKind kind, std::string_view what, std::string_view folder,
                                     Diagnostics& diagnostics);

}  // namespace esm
