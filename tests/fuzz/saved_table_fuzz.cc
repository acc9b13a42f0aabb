// A mapping table that somebody saved, in whatever form: any text is read without harm, and what
// was read is written in every form and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/text_check.h"
#include "sender/mapping/mapping_csv.h"
#include "sender/mapping/mapping_json.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/panos_xml.h"
#include "sender/mapping/saved_table.h"

namespace {

using esm::TableForm;

constexpr esm::SimTime kMoment = std::chrono::minutes{30};
constexpr esm::UtcTime kEpoch{};

// What a form shows of a name: consoles, and JSON of what is no UTF-8, escape.
std::string shown(TableForm form, const std::string& user) {
  switch (form) {
    case TableForm::kConsole:
    case TableForm::kXml:
      return esm::escape_for_display(user);
    case TableForm::kJson:
      return esm::find_invalid_utf8(user) == std::string_view::npos ? user
                                                                    : esm::escape_for_display(user);
    case TableForm::kCsv:
      return user;
  }
  std::abort();
}

// Names that a person cannot tell from what stands around them in a row of the console's: blanks at
// their ends, and the word for a user who is none.
bool is_readable(const std::string& user) {
  constexpr std::string_view kBlanks = " \t\r\n";
  return kBlanks.find(user.front()) == std::string_view::npos &&
         kBlanks.find(user.back()) == std::string_view::npos && !esm::same_word(user, "unknown");
}

void read_back(TableForm form, const std::string& text, const std::vector<esm::Mapping>& mappings) {
  esm::Diagnostics diagnostics;
  const esm::SavedTable back = read_saved_table(esm::SourceText("again", text), "", diagnostics);
  if (diagnostics.has_errors() || back.rows.size() != mappings.size()) std::abort();
  if (!mappings.empty() && esm::form_of(text) != form) std::abort();
  for (std::size_t i = 0; i < mappings.size(); ++i) {
    if (back.rows[i].address != mappings[i].address) std::abort();
    if (back.rows[i].user != shown(form, mappings[i].user)) std::abort();
  }
  const bool says_when = form == TableForm::kJson || (form == TableForm::kCsv && !mappings.empty());
  if (says_when && back.at != kMoment) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("table", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  const esm::SavedTable table = read_saved_table(source, "", diagnostics);
  diagnostics.render();
  if (diagnostics.has_errors()) return 0;
  esm::TruthAt truth{kMoment, {}, {}};
  for (const esm::TableRow& row : table.rows) {
    if (row.user.empty()) std::abort();
    if (!is_readable(row.user)) continue;
    esm::Mapping mapping;
    mapping.address = row.address;
    mapping.user = row.user;
    mapping.expires = mapping.idle_ends = kMoment + std::chrono::minutes{15};
    truth.mappings.push_back(std::move(mapping));
  }
  read_back(TableForm::kConsole, esm::panos_mapping_table(truth.mappings, kMoment), truth.mappings);
  read_back(TableForm::kXml, esm::panos_mapping_xml(truth.mappings, kMoment), truth.mappings);
  read_back(TableForm::kCsv, esm::mapping_csv_header() + esm::mapping_csv(truth, kEpoch),
            truth.mappings);
  read_back(TableForm::kJson,
            esm::mapping_json_head() + esm::mapping_json(truth, kEpoch) + esm::mapping_json_tail(),
            truth.mappings);
  return 0;
}
