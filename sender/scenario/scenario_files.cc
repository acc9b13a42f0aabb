#include "sender/scenario/scenario_files.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/text_check.h"

namespace esm {

Parsed<SourceText> GivenFiles::read(const std::string& name, std::size_t bytes_max) {
  const auto found = files_.find(name);
  if (found == files_.end()) {
    std::vector<std::string> names;
    for (const auto& [known, text] : files_) names.push_back(known);
    return {{}, fmt::format("there is no file '{}'", name), did_you_mean(name, names)};
  }
  if (found->second.text().size() > bytes_max) {
    return {
        {}, fmt::format("'{}' is longer than the {} allowed", name, format_size(bytes_max)), {}};
  }
  return {found->second, {}, {}};
}

std::optional<SourceText> LoadedFiles::load(const YamlNode& node, std::string_view key,
                                            std::size_t bytes_max) {
  if (!node.is_scalar()) {
    diagnostics_.error(node.place, fmt::format("{}: the name of a file is expected", key));
    return std::nullopt;
  }
  const std::string& name = node.text;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (kept_[i].name() == name) return shown_[i];
  }
  if (files_ == nullptr) {
    diagnostics_.error(node.place, fmt::format("{}: '{}' cannot be read from here", key, name),
                       "put the scenario into a file of its own");
    return std::nullopt;
  }
  Parsed<SourceText> file = files_->read(name, bytes_max);
  if (!file) {
    diagnostics_.error(node.place, fmt::format("{}: {}", key, file.problem), std::move(file.hint));
    return std::nullopt;
  }
  if (file->text().size() > kScenarioFilesBytesMax - bytes_) {
    diagnostics_.error(node.place,
                       fmt::format("{}: with '{}' the scenario's files have more than {} together",
                                   key, name, format_size(kScenarioFilesBytesMax)),
                       "so much must fit into the record of a run");
    return std::nullopt;
  }
  diagnostics_.add_source(*file);
  if (!check_text(*file, diagnostics_)) return std::nullopt;
  bytes_ += file->text().size();
  kept_.push_back(file->renamed(name));
  shown_.push_back(*file);
  return *file;
}

}  // namespace esm
