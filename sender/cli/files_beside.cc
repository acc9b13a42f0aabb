#include "sender/cli/files_beside.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/cli/input_file.h"
#include "sender/cli/shipped.h"

namespace esm {
namespace {

// Without links, `.` and `..`; empty, with errno, where there is no such thing.
std::string real_path(const std::string& path) {
  const std::unique_ptr<char, decltype(&std::free)> real(realpath(path.c_str(), nullptr),
                                                         &std::free);
  return real ? std::string(real.get()) : std::string();
}

bool leads_upwards(std::string_view name) {
  for (;;) {
    const std::size_t slash = name.find('/');
    if (name.substr(0, slash) == "..") return true;
    if (slash == std::string_view::npos) return false;
    name.remove_prefix(slash + 1);
  }
}

class FolderFiles : public ScenarioFiles {
 public:
  explicit FolderFiles(std::string folder) : folder_(std::move(folder)) {}

  Parsed<SourceText> read(const std::string& name, std::size_t bytes_max) override {
    static const std::string kHint =
        "a file in the scenario's folder or below it, named from there";
    if (name.empty() || name.find('\0') != std::string::npos) {
      return {{}, fmt::format("'{}' is no file's name", escape_for_display(name)), kHint};
    }
    if (name.starts_with('/')) return {{}, fmt::format("'{}' is an absolute path", name), kHint};
    if (leads_upwards(name)) {
      return {{}, fmt::format("'{}' leads out of the scenario's folder", name), kHint};
    }
    const std::string folder = real_path(folder_.empty() ? "." : folder_);
    const std::string path = folder.empty() ? folder : real_path(folder + "/" + name);
    if (path.empty()) return missing(name, errno);
    // A link in the folder may point anywhere.
    const std::string within = folder == "/" ? folder : folder + "/";
    if (path != folder && !path.starts_with(within)) {
      return {{},
              fmt::format("'{}' is a link that leads out of the scenario's folder", name),
              "put the file itself there"};
    }
    Diagnostics found;
    const std::optional<SourceText> file = read_file(path, "the file", bytes_max, found);
    if (!file) {
      return {{},
              fmt::format("'{}': {}", name, found.list().front().problem),
              found.list().front().hint};
    }
    return {file->renamed(folder_.empty() ? name : folder_ + "/" + name), {}, {}};
  }

 private:
  // A person who has changed a shipped scenario may lack what lies beside it.
  static Parsed<SourceText> missing(const std::string& name, int error) {
    if (error != ENOENT) return {{}, fmt::format("'{}': {}", name, std::strerror(error)), {}};
    return {{},
            fmt::format("there is no file '{}' in the scenario's folder", name),
            shipped_file(InputKind::kScenarioFile, name) == nullptr
                ? "is the name right?"
                : fmt::format("'esm-sender scenarios {0} > {0}' writes the shipped one", name)};
  }

  std::string folder_;  // empty: the current one
};

class ShippedFiles : public ScenarioFiles {
 public:
  Parsed<SourceText> read(const std::string& name, std::size_t bytes_max) override {
    const ShippedFile* file = shipped_file(InputKind::kScenarioFile, name);
    // What is shipped as "night-shift" lies beside the others as night-shift.yaml.
    constexpr std::string_view kEnd = ".yaml";
    if (file == nullptr && name.ends_with(kEnd)) {
      file = shipped_file(InputKind::kScenario,
                          std::string_view(name).substr(0, name.size() - kEnd.size()));
    }
    if (file == nullptr) return {{}, fmt::format("no file '{}' is shipped", name), {}};
    if (file->text.size() > bytes_max) return {{}, fmt::format("'{}' is too long", name), {}};
    return {SourceText(name, std::string(file->text)), {}, {}};
  }
};

}  // namespace

std::unique_ptr<ScenarioFiles> files_beside(std::string_view scenario) {
  if (is_shipped(InputKind::kScenario, scenario)) return std::make_unique<ShippedFiles>();
  const std::size_t slash = scenario.rfind('/');
  if (slash == std::string_view::npos) return std::make_unique<FolderFiles>(std::string());
  return std::make_unique<FolderFiles>(std::string(scenario.substr(0, slash == 0 ? 1 : slash)));
}

}  // namespace esm
