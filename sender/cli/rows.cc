#include "sender/cli/rows.h"

#include <cassert>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <fmt/format.h>

#include "sender/base/csv_value.h"
#include "sender/base/diagnostics.h"
#include "sender/report/json_text.h"

namespace esm {
namespace {

constexpr int kSchemaVersion = 1;  // README.md in this room documents the rows

}  // namespace

Rows::Rows(Output& out, Form form, const std::string& name, std::vector<Column> columns)
    : out_(out), form_(form), columns_(std::move(columns)) {
  if (form_ == Form::kJson) {
    out_.write(fmt::format("{{\"schema_version\":{},\"{}\":[", kSchemaVersion, name));
    return;
  }
  std::vector<std::string> names;
  for (const Column& column : columns_) names.push_back(column.name);
  out_.write(form_ == Form::kCsv ? csv_row(names) : text_row(names));
}

void Rows::row(const std::vector<std::string>& values) {
  assert(values.size() == columns_.size());
  switch (form_) {
    case Form::kText:
      out_.write(text_row(values));
      break;
    case Form::kCsv:
      out_.write(csv_row(values));
      break;
    case Form::kJson:
      out_.write((first_ ? "\n" : ",\n") + json_row(values));
  }
  first_ = false;
}

void Rows::finish() {
  if (form_ == Form::kJson) out_.write("\n]}\n");
}

std::string Rows::text_row(const std::vector<std::string>& values) const {
  std::string line;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (columns_[i].width == 0) continue;
    if (!line.empty()) line += ' ';
    const std::string value = escape_for_display(values[i]);
    line += columns_[i].number ? fmt::format("{:>{}}", value, columns_[i].width)
                               : fmt::format("{:<{}}", value, columns_[i].width);
  }
  line.resize(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

std::string Rows::csv_row(const std::vector<std::string>& values) const {
  std::string line;
  for (std::size_t i = 0; i < values.size(); ++i) {
    line += (i == 0 ? "" : ",") + csv_value(values[i]);
  }
  return line + '\n';
}

std::string Rows::json_row(const std::vector<std::string>& values) const {
  std::string line = "{";
  for (std::size_t i = 0; i < values.size(); ++i) {
    line += fmt::format("{}\"{}\":", i == 0 ? "" : ",", columns_[i].name);
    if (values[i].empty()) {
      line += "null";
    } else if (columns_[i].number) {
      line += values[i];
    } else {
      line += boost::json::serialize(json_text(values[i]));
    }
  }
  return line + '}';
}

}  // namespace esm
