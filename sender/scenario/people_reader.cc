#include "sender/scenario/people_reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sender/base/csv_reader.h"
#include "sender/base/edit_distance.h"
#include "sender/base/json_rows.h"
#include "sender/scenario/name_reader.h"

namespace esm {
namespace {

// What is given of somebody, and where it stands.
struct Given {
  std::string_view text;
  std::size_t offset = 0;
  std::size_t length = 0;
};

class Reading {
 public:
  Reading(const SourceText& file, const UserGroup& group, const std::vector<std::string>& ignore,
          Diagnostics& diagnostics)
      : file_(file),
        group_(group),
        variants_(group),
        ignore_(ignore),
        diagnostics_(diagnostics),
        people_(std::make_shared<People>()) {}

  std::shared_ptr<const People> read() {
    const std::string& name = file_.name();
    if (name.ends_with(".csv")) {
      read_csv();
    } else if (name.ends_with(".jsonl")) {
      read_json(false);
    } else {
      read_json(true);
    }
    if (errors_ == 0 && people_->size() == 0) error(0, 1, "nobody is in this file");
    return errors_ == 0 ? std::move(people_) : nullptr;
  }

 private:
  static constexpr int kErrorsShown = 20;  // a file that is wrong altogether is so in every line

  bool enough() const { return errors_ > kErrorsShown; }

  void error(std::size_t offset, std::size_t length, std::string problem, std::string hint = {}) {
    if (++errors_ > kErrorsShown) {
      if (errors_ == kErrorsShown + 1) {
        diagnostics_.error({file_.name(), 0, 0, 1}, "more of this kind follows");
      }
      return;
    }
    diagnostics_.error(file_.place(offset, static_cast<int>(std::min<std::size_t>(length, 500))),
                       std::move(problem), std::move(hint));
  }

  bool is_ignored(std::string_view column) const {
    return std::find(ignore_.begin(), ignore_.end(), column) != ignore_.end();
  }

  std::string hint_to_ignore(std::vector<std::string> unknown) const {
    const std::vector<std::string> known{"name", "domain"};
    if (const auto near = unknown.size() == 1 ? nearest(unknown.front(), known) : std::nullopt) {
      return fmt::format("did you mean '{}'?", *near);
    }
    unknown.insert(unknown.begin(), ignore_.begin(), ignore_.end());
    return fmt::format("what is not needed is named in the scenario: ignore: [{}]",
                       fmt::join(unknown, ", "));
  }

  void read_csv() {
    CsvReader csv(file_.text());
    std::vector<CsvReader::Value> values;
    std::optional<std::size_t> name, domain;
    std::size_t columns = 0;
    if (csv.next(values)) {
      columns = values.size();
      read_header(values, name, domain);
    } else if (csv.wrong() == nullptr) {
      error(0, 1, "the file is empty", "its first line names the columns: name,domain");
    }
    if (errors_ > 0) return;
    while (!enough() && csv.next(values)) {
      if (values.size() != columns) {
        error(values.front().offset, 1,
              fmt::format("{} values where the first line has {}", values.size(), columns),
              "a value with a comma in it stands in quotes");
        continue;
      }
      const auto given = [&](std::size_t column) {
        return Given{values[column].text, values[column].offset, values[column].length};
      };
      add(given(*name), domain ? given(*domain) : Given{});
    }
    if (const CsvReader::Wrong* const wrong = csv.wrong()) {
      error(wrong->offset, 1, wrong->problem, wrong->hint);
    }
  }

  void read_header(const std::vector<CsvReader::Value>& values, std::optional<std::size_t>& name,
                   std::optional<std::size_t>& domain) {
    std::vector<std::string> unknown;
    std::size_t unknown_at = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const CsvReader::Value& value = values[i];
      if (value.text != "name" && value.text != "domain") {
        if (is_ignored(value.text)) continue;
        if (unknown.empty()) unknown_at = i;
        unknown.emplace_back(value.text);
        continue;
      }
      std::optional<std::size_t>& column = value.text == "name" ? name : domain;
      if (column) {
        error(value.offset, value.length, fmt::format("two columns '{}'", value.text));
      }
      column = i;
    }
    if (!unknown.empty()) {
      const CsvReader::Value& first = values[unknown_at];
      const bool semicolons = values.size() == 1 && first.text.find(';') != std::string_view::npos;
      error(first.offset, first.length,
            fmt::format("the column{} '{}' {} not known", unknown.size() > 1 ? "s" : "",
                        fmt::join(unknown, "', '"), unknown.size() > 1 ? "are" : "is"),
            semicolons ? "columns are separated by commas" : hint_to_ignore(unknown));
    } else if (!name) {
      error(values.front().offset, 1, "the column 'name' is missing",
            "the first line names the columns: name,domain");
    }
  }

  void read_json(bool one_list) {
    const JsonRow row = [this](std::size_t offset, const std::vector<JsonMember>& members) {
      read_person(offset, members);
      return !enough();
    };
    const std::string_view text = file_.text();
    const auto wrong = one_list ? read_json_list(text, row) : read_json_lines(text, row);
    if (!wrong) return;
    switch (wrong->kind) {
      case JsonWrong::Kind::kNotJson:
        error(wrong->offset, 1, fmt::format("this is not JSON: {}", wrong->problem));
        break;
      case JsonWrong::Kind::kNoList:
        error(wrong->offset, 1, "a list of people is expected here: [ { \"name\": \"alice\" } ]");
        break;
      case JsonWrong::Kind::kNoObject:
        error(wrong->offset, 1, "a person is expected here: { \"name\": \"alice\" }");
        break;
    }
  }

  // { "name": "alice", "domain": "CORP" }
  void read_person(std::size_t offset, const std::vector<JsonMember>& members) {
    const JsonMember* name = nullptr;
    const JsonMember* domain = nullptr;
    const int errors_before = errors_;
    for (const JsonMember& member : members) {
      const bool is_name = member.key == "name";
      if (!is_name && member.key != "domain") {
        if (is_ignored(member.key)) continue;
        error(member.key_offset, member.key_length,
              fmt::format("the key '{}' is not known", member.key), hint_to_ignore({member.key}));
        continue;
      }
      const JsonMember*& seen = is_name ? name : domain;
      if (seen != nullptr) {
        error(member.key_offset, member.key_length,
              fmt::format("the key '{}' is given twice", member.key));
      }
      seen = &member;
      // null: no domain of their own.
      if (member.kind == JsonMember::Kind::kOther ||
          (is_name && member.kind == JsonMember::Kind::kNull)) {
        error(member.offset, member.length, "a text in double quotes is expected here");
      }
    }
    if (name == nullptr) error(offset, 1, "this person has no 'name'", "{ \"name\": \"alice\" }");
    if (errors_ > errors_before) return;
    const auto given = [](const JsonMember* member) {
      return member == nullptr || member->kind != JsonMember::Kind::kText
                 ? Given{}
                 : Given{member->text, member->offset, member->length};
    };
    add(given(name), given(domain));
  }

  void add(const Given& name, const Given& domain) {
    const auto is_good = [this](const Given& given, std::string_view what) {
      const std::string problem = what_is_wrong_with_name(given.text);
      if (problem.empty()) return true;
      error(given.offset, given.length, fmt::format("{}: {}", what, problem));
      return false;
    };
    if (!is_good(name, "name")) return;
    if (!domain.text.empty() && !is_good(domain, "domain")) return;
    const std::string_view own =
        domain.text.empty() ? variants_.domain(variants_.of(people_->size())) : domain.text;
    if (own.empty() && group_.form != UserForm::kBare) {
      error(name.offset, name.length,
            fmt::format("'{}' has no domain, and the form needs one", name.text),
            "a domain here, or one for the whole group");
      return;
    }
    if (own != last_domain_ || people_->size() == 0) {
      const std::optional<std::uint8_t> number = people_->add_domain(own);
      if (!number) {
        error(domain.offset, domain.length,
              fmt::format("the file has more than {} domains", People::kDomainsMax));
        return;
      }
      last_domain_ = own;
      last_domain_number_ = *number;
    }
    if (const auto twice = people_->add(name.text, last_domain_number_)) {
      error(name.offset, name.length, fmt::format("'{}' is there twice", name.text),
            fmt::format("in line {} already; users are told apart by domain and name",
                        file_.place(offsets_[*twice]).line));
      return;
    }
    offsets_.push_back(static_cast<std::uint32_t>(name.offset));
  }

  const SourceText& file_;
  const UserGroup& group_;
  const UserVariants variants_;  // of their number: whose domain is not given
  const std::vector<std::string>& ignore_;
  Diagnostics& diagnostics_;
  std::shared_ptr<People> people_;
  std::vector<std::uint32_t> offsets_;  // where each name stands
  std::string last_domain_;
  std::uint8_t last_domain_number_ = 0;
  int errors_ = 0;
};

}  // namespace

std::shared_ptr<const People> read_people(const SourceText& file, const UserGroup& group,
                                          const std::vector<std::string>& ignore,
                                          Diagnostics& diagnostics) {
  return Reading(file, group, ignore, diagnostics).read();
}

}  // namespace esm
