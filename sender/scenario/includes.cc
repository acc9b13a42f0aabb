#include "sender/scenario/includes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

constexpr std::size_t kIncludesMax = 100;
constexpr std::array kMappings = {"parameters", "users", "endpoints"};
constexpr std::array kLists = {"esm", "activity", "steps", "noise", "faults"};

bool is_one_of(const auto& keys, std::string_view key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

YamlEntry* find(YamlNode& map, std::string_view key) {
  for (YamlEntry& entry : map.entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

class Merging {
 public:
  // `scenario`: what messages call it.
  Merging(const std::string& scenario, LoadedFiles& files, Diagnostics& diagnostics)
      : scenario_(scenario), files_(files), diagnostics_(diagnostics) {}

  // What `file` includes comes first, then what it says itself. `file` is the scenario or one of
  // the files, without its own includes afterwards.
  bool merge(YamlNode& file) {
    const auto include =
        std::find_if(file.entries.begin(), file.entries.end(),
                     [](const YamlEntry& entry) { return entry.key == "include"; });
    if (include == file.entries.end()) return true;
    const YamlNode names = std::move(include->value);
    file.entries.erase(include);
    YamlNode all;
    all.kind = YamlNode::Kind::kMap;
    bool good = true;
    if (names.is_scalar()) {
      good = merge_file(names, all);
    } else if (names.is_sequence()) {
      for (const YamlNode& name : names.items) good = merge_file(name, all) && good;
    } else {
      diagnostics_.error(names.place, "include: a file or a list of files is expected",
                         "include: people.yaml, or include: [people.yaml, offices.yaml]");
      return false;
    }
    for (YamlEntry& entry : all.entries) good = put_before(file, std::move(entry)) && good;
    return good;
  }

 private:
  // Adds what the file `name` holds, with what it includes, to the end of `all`.
  bool merge_file(const YamlNode& name, YamlNode& all) {
    if (const auto again = std::find(open_.begin(), open_.end(), name.text); again != open_.end()) {
      return refuse_circle(name, {again, open_.end()});
    }
    if (is_one_of(done_, name.text)) return true;
    if (done_.size() == kIncludesMax) {
      diagnostics_.error(name.place, fmt::format("include: more than {} files", kIncludesMax));
      return false;
    }
    const std::optional<SourceText> text = files_.load(name, "include", kScenarioBytesMax);
    if (!text) return false;
    if (text->name() == scenario_) return refuse_circle(name, open_);
    done_.push_back(name.text);
    std::optional<YamlNode> file = parse_yaml(*text, kScenarioBytesMax, diagnostics_);
    if (!file) return false;
    if (!file->is_map()) {
      const YamlMap refused(*file, "an included file", diagnostics_);
      return false;
    }
    open_.push_back(name.text);
    bool good = merge(*file);
    open_.pop_back();
    for (YamlEntry& entry : file->entries) good = append(all, std::move(entry)) && good;
    return good;
  }

  // `way`: from the file to where it is included again, each by the one before.
  bool refuse_circle(const YamlNode& name, std::vector<std::string> way) {
    if (way.empty() || way.front() != name.text) way.insert(way.begin(), name.text);
    way.push_back(name.text);
    diagnostics_.error(
        name.place, fmt::format("include: '{}' includes itself", name.text),
        way.size() > 2 ? fmt::format("{}", fmt::join(way, " includes ")) : std::string{});
    return false;
  }

  bool append(YamlNode& all, YamlEntry entry) {
    const bool is_list = is_one_of(kLists, entry.key);
    if (entry.key == "about") return true;  // says what the file is for
    if (!is_list && !is_one_of(kMappings, entry.key)) {
      std::vector<std::string> keys{"about", "include"};
      keys.insert(keys.end(), kMappings.begin(), kMappings.end());
      keys.insert(keys.end(), kLists.begin(), kLists.end());
      diagnostics_.error(
          entry.place, fmt::format("include: '{}' cannot come from an included file", entry.key),
          did_you_mean(entry.key, keys, fmt::format("what can: {}", fmt::join(keys, ", "))));
      return false;
    }
    if (is_list ? !entry.value.is_sequence() : !entry.value.is_map()) {
      diagnostics_.error(
          entry.value.place.line > 0 ? entry.value.place : entry.place,
          fmt::format("{}: a {} is expected", entry.key, is_list ? "list" : "mapping"));
      return false;
    }
    YamlEntry* const before = find(all, entry.key);
    if (before == nullptr) {
      all.entries.push_back(std::move(entry));
      return true;
    }
    return join(before->value, std::move(entry.value));
  }

  // `own` says the same key of its own, or has it from here on.
  bool put_before(YamlNode& own, YamlEntry entry) {
    YamlEntry* const there = find(own, entry.key);
    if (there == nullptr) {
      own.entries.push_back(std::move(entry));
      return true;
    }
    if (there->value.kind != entry.value.kind) return true;  // the reader says what is expected
    entry.value.place = there->value.place;
    const bool good = join(entry.value, std::move(there->value));
    there->value = std::move(entry.value);
    return good;
  }

  bool join(YamlNode& first, YamlNode second) {
    bool good = true;
    for (YamlEntry& entry : second.entries) {
      if (const YamlEntry* const before = find(first, entry.key)) {
        diagnostics_.error(
            entry.place, fmt::format("'{}' is there already", entry.key),
            fmt::format("it stands in line {} of {}", before->place.line, before->place.file));
        good = false;
      } else {
        first.entries.push_back(std::move(entry));
      }
    }
    std::move(second.items.begin(), second.items.end(), std::back_inserter(first.items));
    return good;
  }

  std::string scenario_;
  LoadedFiles& files_;
  Diagnostics& diagnostics_;
  std::vector<std::string> open_;  // each includes the next
  std::vector<std::string> done_;
};

}  // namespace

bool merge_includes(YamlNode& root, LoadedFiles& files, Diagnostics& diagnostics) {
  return !root.is_map() || Merging(root.place.file, files, diagnostics).merge(root);
}

}  // namespace esm
