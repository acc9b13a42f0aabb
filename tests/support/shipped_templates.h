// The shipped templates as the program has them inside, from their files: those that are templates
// as they are, and the events in their layouts.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "sender/message/layout.h"

namespace esm::test {

// By name, without ".yaml".
inline std::map<std::string, std::string> yaml_files(const std::string& folder) {
  std::map<std::string, std::string> texts;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/" + folder)) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    texts[entry.path().stem()] = {std::istreambuf_iterator<char>(file), {}};
  }
  return texts;
}

inline std::vector<LaidOut> laid_out_templates() {
  const auto layouts = yaml_files("templates/layouts"), events = yaml_files("templates/events");
  const auto named = [](const std::map<std::string, std::string>& texts) {
    std::vector<NamedText> all;
    for (const auto& [name, text] : texts) all.push_back({name, text});
    return all;
  };
  return lay_out(named(layouts), named(events));
}

// By its name or its former one; empty if there is none.
inline std::string shipped_template_text(const std::string& name) {
  static const std::map<std::string, std::string> kFlat = yaml_files("templates");
  static const std::vector<LaidOut> kLaidOut = laid_out_templates();
  if (const auto flat = kFlat.find(name); flat != kFlat.end()) return flat->second;
  for (const LaidOut& one : kLaidOut) {
    if (one.name == name || one.former_name == name) return one.text;
  }
  return {};
}

inline std::vector<std::string> shipped_template_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : yaml_files("templates")) names.push_back(name);
  for (const LaidOut& one : laid_out_templates()) names.push_back(one.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace esm::test
