// Files that are wrong and what is said of each, word for word. In a file of cases each is "===
// Name", the file, "---", what is said.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace esm::test {

struct ErrorCase {
  std::string name, text, expected;
};

// `path` below the project's folder. Names that are there twice fail the test.
inline std::vector<ErrorCase> error_cases(const std::string& path) {
  std::ifstream file(std::string(ESM_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file) << path;
  std::vector<ErrorCase> all;
  std::string* part = nullptr;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("=== ")) {
      const std::string name = line.substr(4);
      for (const ErrorCase& other : all) EXPECT_NE(other.name, name);
      all.push_back({name, "", ""});
      part = &all.back().text;
    } else if (line == "---" && part != nullptr) {
      part = &all.back().expected;
    } else if (part != nullptr) {
      *part += line + "\n";
    }
  }
  return all;
}

}  // namespace esm::test
