#include "sender/mapping/saved_table.h"

#include <algorithm>
#include <vector>

#include "sender/base/csv_reader.h"
#include "sender/base/text_check.h"
#include "sender/mapping/mapping_csv.h"
#include "sender/mapping/mapping_json.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/panos_xml.h"

namespace esm {
namespace {

bool is_csv_header(std::string_view text) {
  CsvReader reader(text.substr(0, 4096));
  std::vector<CsvReader::Value> values;
  if (!reader.next(values) || values.size() < 2) return false;
  return std::any_of(values.begin(), values.end(), [](const CsvReader::Value& value) {
    return same_word(value.text, "ip") || same_word(value.text, "user");
  });
}

}  // namespace

TableForm form_of(std::string_view text) {
  text.remove_prefix(byte_order_mark(text));
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return TableForm::kConsole;
  if (text[first] == '<') return TableForm::kXml;
  if (text[first] == '{' || text[first] == '[') return TableForm::kJson;
  return is_csv_header(text) ? TableForm::kCsv : TableForm::kConsole;
}

SavedTable read_saved_table(const SourceText& source, const std::string& vsys,
                            Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  SavedTable table;
  TableRows rows(vsys, diagnostics);
  switch (form_of(source.text())) {
    case TableForm::kXml:
      read_panos_xml(source, rows, diagnostics);
      break;
    case TableForm::kJson:
      table.at = read_mapping_json(source, rows, diagnostics);
      break;
    case TableForm::kCsv:
      table.at = read_mapping_csv(source, rows, diagnostics);
      break;
    case TableForm::kConsole:
      read_panos_table(source, rows, diagnostics);
  }
  table.rows = rows.take();
  return table;
}

}  // namespace esm
