#include "sender/cli/shipped.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"
#include "sender/base/yaml.h"
#include "sender/cli/embedded.h"
#include "sender/cli/input_file.h"
#include "sender/mapping/profile.h"
#include "sender/message/layout.h"
#include "sender/message/template.h"
#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

std::size_t bytes_max(InputKind kind) {
  switch (kind) {
    case InputKind::kScenario:
      return kScenarioBytesMax;
    case InputKind::kTemplate:
      return kTemplateBytesMax;
    case InputKind::kProfile:
      return kProfileBytesMax;
    case InputKind::kScenarioFile:
      return kScenarioFilesBytesMax;
  }
  return 0;
}

// Those that are compiled in as they are, and the templates that are laid out.
class ShippedFiles {
 public:
  ShippedFiles() {
    const auto embedded = embedded_files();
    files_.assign(embedded.begin(), embedded.end());
    for (const LaidOut& one : laid_out_) {
      files_.push_back(
          {InputKind::kTemplate, one.name, one.text, one.event_about, one.former_name});
    }
    std::stable_sort(files_.begin(), files_.end(),
                     [](const ShippedFile& a, const ShippedFile& b) { return a.kind < b.kind; });
  }
  std::span<const ShippedFile> files() const { return files_; }

 private:
  std::vector<LaidOut> laid_out_ = lay_out(embedded_layouts(), embedded_events());
  std::vector<ShippedFile> files_;
};

bool looks_like_path(std::string_view what) {
  return what.find('/') != std::string_view::npos || what.ends_with(".yaml") ||
         what.ends_with(".yml");
}

}  // namespace

std::string_view name_of(InputKind kind) {
  switch (kind) {
    case InputKind::kScenario:
      return "scenario";
    case InputKind::kTemplate:
      return "template";
    case InputKind::kProfile:
      return "profile";
    case InputKind::kScenarioFile:
      return "scenario-file";
  }
  return "?";
}

std::span<const ShippedFile> shipped_files() {
  static const ShippedFiles kAll;
  return kAll.files();
}

const ShippedFile* shipped_file(InputKind kind, std::string_view name) {
  for (const ShippedFile& file : shipped_files()) {
    if (file.kind == kind && (file.name == name || file.former_name == name)) return &file;
  }
  return nullptr;
}

bool is_shipped(InputKind kind, std::string_view what) {
  return !looks_like_path(what) && shipped_file(kind, what) != nullptr;
}

std::string about(const ShippedFile& file) {
  Diagnostics ignored;
  const std::optional<YamlNode> root = parse_yaml(
      SourceText(std::string(file.name), std::string(file.text)), file.text.size(), ignored);
  std::string text;
  if (root && root->is_map()) {
    YamlMap map(*root, "the file", ignored);
    map.text("about", text);
  }
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::optional<SourceText> load_input(InputKind kind, std::string_view what, std::string_view folder,
                                     Diagnostics& diagnostics) {
  if (what == "-") {
    return read_file("-", fmt::format("the {}", name_of(kind)), bytes_max(kind), diagnostics);
  }
  if (is_shipped(kind, what)) {
    const ShippedFile& file = *shipped_file(kind, what);
    return SourceText(std::string(file.name), std::string(file.text));
  }
  std::string path(what);
  if (!folder.empty() && !path.starts_with('/')) path = fmt::format("{}/{}", folder, what);
  if (!looks_like_path(what) && access(path.c_str(), F_OK) != 0) {
    std::vector<std::string> names;
    for (const ShippedFile& file : shipped_files()) {
      if (file.kind == kind) names.emplace_back(file.name);
    }
    diagnostics.error(
        {}, fmt::format("there is no {} '{}', neither shipped nor as a file", name_of(kind), what),
        did_you_mean(what, names,
                     fmt::format("'esm-sender {}s' lists what is shipped", name_of(kind))));
    return std::nullopt;
  }
  return read_file(path, fmt::format("the {}", name_of(kind)), bytes_max(kind), diagnostics);
}

}  // namespace esm
