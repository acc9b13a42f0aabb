// What the shipped scenarios name, as it lies beside them.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "sender/scenario/scenario_files.h"

namespace esm::test {

inline GivenFiles shipped_files() {
  GivenFiles files;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/scenarios")) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    files.add({entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(file),
                                                             std::istreambuf_iterator<char>())});
  }
  return files;
}

}  // namespace esm::test
