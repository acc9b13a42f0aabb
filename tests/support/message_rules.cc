#include "tests/support/message_rules.h"

#include <algorithm>
#include <vector>

namespace esm::test {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_visible(char c) { return c > ' ' && c < 0x7F; }

// Takes the front of a line apart; the first thing that does not fit is remembered.
class Line {
 public:
  explicit Line(std::string_view rest) : rest_(rest) {}

  std::string_view rest() const { return rest_; }
  const std::string& problem() const { return problem_; }
  bool ok() const { return problem_.empty(); }
  void wrong(const std::string& what) {
    if (problem_.empty()) problem_ = what + " before '" + std::string(rest_.substr(0, 40)) + "'";
  }

  void text(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return wrong("'" + std::string(wanted) + "' is missing");
    rest_.remove_prefix(wanted.size());
  }
  // "9999-99-99": a digit for each 9, a letter for each A, or else the character itself.
  void shape(std::string_view wanted) {
    for (const char c : wanted) {
      const char found = rest_.empty() ? '\0' : rest_.front();
      const bool letter = (found >= 'A' && found <= 'Z') || (found >= 'a' && found <= 'z');
      if (c == '9' ? !is_digit(found) : c == 'A' ? !letter : found != c) {
        return wrong("the time is not " + std::string(wanted));
      }
      rest_.remove_prefix(1);
    }
  }
  // Up to the next space.
  std::string_view word(std::size_t max) {
    const std::string_view found = rest_.substr(0, rest_.find(' '));
    if (found.empty() || found.size() > max ||
        !std::all_of(found.begin(), found.end(), is_visible)) {
      wrong("no word of 1 to " + std::to_string(max) + " visible characters");
    }
    rest_.remove_prefix(std::min(found.size() + 1, rest_.size()));
    return found;
  }
  // Up to `end`, which is taken too; a backslash escapes what is behind it.
  std::string_view part(char end, bool escapes) {
    std::size_t i = 0;
    for (; i < rest_.size() && rest_[i] != end; ++i) {
      if (!escapes || rest_[i] != '\\') continue;
      if (++i == rest_.size() || (rest_[i] != '\\' && rest_[i] != end)) {
        wrong("a backslash escapes nothing");
        return {};
      }
    }
    if (i == rest_.size()) {
      wrong("the header ends too soon");
      return {};
    }
    const std::string_view found = rest_.substr(0, i);
    rest_.remove_prefix(i + 1);
    return found;
  }

 private:
  std::string_view rest_;
  std::string problem_;
};

void take_head(const Template& message, Line& line) {
  if (message.head == Head::kNone) return;
  line.text("<" + std::to_string(message.priority) + ">");
  if (message.priority < 0 || message.priority > 191) line.wrong("the PRI is out of range");
  switch (message.head) {
    case Head::kNone:
      break;
    case Head::kEsm:
      line.shape("AAA 99 9999 99:99:99 ");
      line.word(45);
      break;
    case Head::kRfc3164:
      line.shape("AAA ");
      line.shape(line.rest().starts_with(' ') ? " 9 99:99:99 " : "99 99:99:99 ");
      line.word(255);
      break;
    case Head::kRfc5424:
      line.text("1 ");
      line.shape("9999-99-99T99:99:99.999Z ");
      line.word(255);
      if (line.word(48) != message.app_name) line.wrong("APP-NAME is another one");
      line.text("- ");
      if (line.word(32) != message.message_id) line.wrong("MSGID is another one");
      line.text("- ");
      break;
    case Head::kEsm5424:
      line.text("1 ");
      line.shape("9999-99-99T99:99:99.99Z");
      line.shape(line.rest().starts_with('-') ? "-99:99 " : "+99:99 ");
      line.word(45);
      line.text("- - - ");
      break;
  }
}

// Whether these are the template's keys in their order, the optional ones perhaps left out.
bool are_keys(const Template& message, const std::vector<std::string>& keys) {
  std::size_t next = 0;
  for (const TemplateField& field : message.fields) {
    if (next < keys.size() && keys[next] == field.key) {
      ++next;
    } else if (!field.optional) {
      return false;
    }
  }
  if (message.pad_to > 0 && next < keys.size() && keys[next] == "pad") ++next;
  return next == keys.size();
}

void take_leef(const Template& message, Line& line) {
  line.text(message.format == Format::kLeef1 ? "LEEF:1.0|" : "LEEF:2.0|");
  for (int i = 0; i < 4; ++i) line.part('|', false);
  if (message.format == Format::kLeef2 && line.part('|', false) != message.delimiter_text) {
    line.wrong("the delimiter is another one");
  }
  if (!line.ok()) return;
  std::vector<std::string> keys;
  std::string_view rest = line.rest();
  for (bool more = true; more;) {
    const std::string_view field = rest.substr(0, rest.find(message.delimiter));
    more = field.size() < rest.size();
    rest.remove_prefix(field.size() + (more ? 1 : 0));
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return line.wrong("a field has no '='");
    keys.emplace_back(field.substr(0, equals));
    if (message.escape != Escape::kLeefDoubled) continue;
    // Every backslash is one of a pair.
    for (std::size_t i = equals; i < field.size(); ++i) {
      if (field[i] != '\\') continue;
      if (++i == field.size() || field[i] != '\\') return line.wrong("a lone backslash");
    }
  }
  if (!are_keys(message, keys)) line.wrong("the fields are not those of the template");
}

void take_cef(const Template& message, Line& line) {
  line.text("CEF:0|");
  for (int i = 0; i < 5; ++i) line.part('|', true);
  if (line.part('|', true) != message.cef_severity) line.wrong("the severity is another one");
  if (!line.ok()) return;
  // A key is the word before an equals sign that nothing escapes.
  std::vector<std::string> keys;
  std::string_view word;
  const std::string_view rest = line.rest();
  std::size_t begin = 0;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      if (++i == rest.size() || std::string_view("=\\nr").find(rest[i]) == std::string_view::npos) {
        return line.wrong("a backslash escapes nothing");
      }
    } else if (rest[i] == ' ') {
      begin = i + 1;
    } else if (rest[i] == '=') {
      word = rest.substr(begin, i - begin);
      keys.emplace_back(word);
    }
  }
  if (!are_keys(message, keys)) line.wrong("the fields are not those of the template");
}

void take_csv(const Template& message, Line& line) {
  const std::string_view rest = line.rest();
  std::size_t columns = 0, i = 0;
  for (bool more = true; more;) {
    ++columns;
    if (i < rest.size() && rest[i] == '"') {
      for (++i; i < rest.size(); ++i) {
        if (rest[i] != '"') continue;
        if (i + 1 == rest.size() || rest[i + 1] != '"') break;
        ++i;
      }
      if (i == rest.size()) return line.wrong("a quote is not closed");
      ++i;
    } else {
      for (; i < rest.size() && rest[i] != ','; ++i) {
        if (rest[i] == '"') return line.wrong("a quote within a column");
      }
    }
    more = i < rest.size();
    if (more && rest[i++] != ',') return line.wrong("something behind a closing quote");
  }
  if (columns != message.fields.size() + (message.pad_to > 0 ? 1 : 0)) {
    line.wrong("it has " + std::to_string(columns) + " columns");
  }
}

}  // namespace

std::string what_is_wrong(const Template& message, std::string_view text) {
  const bool tabs = message.format == Format::kText ||
                    (message.format <= Format::kLeef2 && message.delimiter == '\t');
  for (const char c : text) {
    const bool delimits = message.format == Format::kLeef2 && c == message.delimiter;
    if (is_control(c) && !(c == '\t' && tabs) && !delimits) {
      return "a control character: " + std::to_string(static_cast<int>(c));
    }
  }
  if (message.pad_to > 0 && text.size() != message.pad_to) return "the size is another one";
  Line line(text);
  take_head(message, line);
  if (!line.ok()) return line.problem();
  switch (message.format) {
    case Format::kLeef1:
    case Format::kLeef2:
      take_leef(message, line);
      break;
    case Format::kCef:
      take_cef(message, line);
      break;
    case Format::kCsv:
      take_csv(message, line);
      break;
    case Format::kText:
      break;  // whatever stands there is the template's own
  }
  return line.problem();
}

}  // namespace esm::test
