// Rows of named columns, in the forms that people and programs take: aligned text, CSV (RFC 4180),
// or JSON with an object a line.
#pragma once

#include <string>
#include <vector>

#include "sender/cli/verbs.h"

namespace esm {

class Rows {
 public:
  enum class Form { kText, kCsv, kJson };
  struct Column {
    std::string name;
    int width = 0;        // in text; 0: the column is not shown there
    bool number = false;  // stands without quotes in JSON, and to the right in text
  };
  // `name` is the member of the JSON object that holds the rows.
  Rows(Output& out, Form form, const std::string& name, std::vector<Column> columns);

  // One value for each column. Empty ones are null in JSON.
  void row(const std::vector<std::string>& values);
  // After the last.
  void finish();

 private:
  std::string text_row(const std::vector<std::string>& values) const;
  std::string csv_row(const std::vector<std::string>& values) const;
  std::string json_row(const std::vector<std::string>& values) const;

  Output& out_;
  Form form_;
  std::vector<Column> columns_;
  bool first_ = true;
};

}  // namespace esm
