// The files that a scenario names, beside itself: read once each, and kept, so that a run record
// holds all that the scenario was made of.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/units.h"
#include "sender/base/yaml.h"

namespace esm {

// Of all files of a scenario together. A run record has room for twice as much: in JSON a quote or
// a line end takes two bytes, and nothing else that check_text() lets pass takes more.
inline constexpr std::size_t kScenarioFilesBytesMax = std::size_t{64} << 20;

// The seam: where the text of a file comes from that a scenario calls `name`.
class ScenarioFiles {
 public:
  virtual ~ScenarioFiles() = default;
  // At most `bytes_max` bytes, and what messages call the file; or what is wrong, as it is said
  // where the scenario names it.
  virtual Parsed<SourceText> read(const std::string& name, std::size_t bytes_max) = 0;
};

// Files that are there already: those of a run record.
class GivenFiles : public ScenarioFiles {
 public:
  void add(SourceText file) { files_.insert_or_assign(file.name(), std::move(file)); }
  Parsed<SourceText> read(const std::string& name, std::size_t bytes_max) override;

 private:
  std::map<std::string, SourceText> files_;
};

// The files of one reading of a scenario.
class LoadedFiles {
 public:
  // `files` may be null: a scenario that names a file is then refused.
  LoadedFiles(ScenarioFiles* files, Diagnostics& diagnostics)
      : files_(files), diagnostics_(diagnostics) {}

  // The text of the file whose name is `node`, the value of `key`. Where it cannot be had, that is
  // reported there; where it is no text, in the file. A file is read only once.
  std::optional<SourceText> load(const YamlNode& node, std::string_view key,
                                 std::size_t bytes_max = kScenarioFilesBytesMax);

  // In the order in which they were first read, each by the name that the scenario gives it.
  std::vector<SourceText> take() { return std::move(kept_); }

 private:
  ScenarioFiles* files_;
  Diagnostics& diagnostics_;
  std::vector<SourceText> kept_;
  std::vector<SourceText> shown_;  // the same, each by what messages call it
  std::size_t bytes_ = 0;
};

}  // namespace esm
