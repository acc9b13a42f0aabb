#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/base/xml_text.h"
#include "sender/verify/verdict.h"

// As Ant writes it and CI systems read it: <testsuites>, in it a <testsuite> with <properties>,
// <testcase>s, <system-out> and <system-err>, all attributes there.

namespace esm {
namespace {

using Kind = Finding::Kind;

struct Case {
  std::string name;
  std::uint64_t wrong = 0;
  std::vector<Kind> kinds;  // whose findings tell of it
  std::string message;      // of a failure
};

// Of missing mappings.
std::string causes_of(const Verdict& verdict) {
  std::string out;
  const auto part = [&](std::uint64_t count, std::string_view what) {
    if (count > 0) {
      out += fmt::format("{} {} {}", out.empty() ? ":" : ",", format_thousands(count), what);
    }
  };
  part(verdict.not_mapped, "received and not mapped");
  part(verdict.not_received, "not received");
  return out;
}

std::vector<Case> cases_of(const NamedVerdict& named) {
  const Verdict& v = named.verdict;
  const auto failing = [](std::uint64_t count, std::string_view what) {
    return fmt::format("{} {}", format_thousands(count), what);
  };
  std::vector<Case> cases;
  const bool record = std::any_of(v.findings.begin(), v.findings.end(),
                                  [](const Finding& f) { return f.kind == Kind::kRecordMismatch; });
  cases.push_back({"the run record is of these messages",
                   record ? 1U : 0U,
                   {Kind::kRecordMismatch},
                   "the run record is not of these messages"});
  const std::uint64_t missing = v.tolerated > 0 ? 0 : v.missing;
  if (named.name == "received") {
    cases.push_back(
        {"no message is missing", missing, {Kind::kMissing}, failing(missing, "missing")});
    cases.push_back(
        {"no message is altered", v.altered, {Kind::kAltered}, failing(v.altered, "altered")});
    cases.push_back({"no line is there too often",
                     v.duplicated,
                     {Kind::kDuplicated},
                     failing(v.duplicated, "duplicated")});
    cases.push_back(
        {"no line is invented", v.invented, {Kind::kInvented}, failing(v.invented, "invented")});
  } else if (named.name == "mappings") {
    cases.push_back({"every mapping is there",
                     missing,
                     {Kind::kMappingMissing, Kind::kExpiredEarly},
                     failing(missing, "missing") + causes_of(v)});
    cases.push_back({"no mapping is there that must not be",
                     v.extra,
                     {Kind::kMappingExtra, Kind::kLingering},
                     failing(v.extra, "extra")});
    cases.push_back({"every mapping shows the right user",
                     v.wrong_user,
                     {Kind::kWrongUser},
                     failing(v.wrong_user, "with the wrong user")});
    cases.push_back({"every mapping ends when it must",
                     v.wrong_remaining,
                     {Kind::kWrongRemaining},
                     failing(v.wrong_remaining, "with the wrong remaining time")});
  } else {
    cases.push_back({"every counter is right",
                     v.wrong_counters,
                     {Kind::kWrongCounter},
                     failing(v.wrong_counters, "wrong")});
  }
  return cases;
}

std::string details(const Verdict& verdict, const Case& of) {
  std::string out;
  std::uint64_t shown = 0;
  for (const Finding& finding : verdict.findings) {
    if (std::find(of.kinds.begin(), of.kinds.end(), finding.kind) == of.kinds.end()) continue;
    out += finding_text(finding);
    shown += finding.count;
  }
  if (shown < of.wrong) out += fmt::format("… and {} more\n", format_thousands(of.wrong - shown));
  return out;
}

// Lines stay lines.
std::string xml_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += xml_text(text.substr(0, end));
    if (end == std::string_view::npos) break;
    out += '\n';
    text.remove_prefix(end + 1);
  }
  return out;
}

class Suite {
 public:
  explicit Suite(const NamedVerdict& named) : class_name_("verify." + named.name) {}

  void add(const std::string& name, const std::string& type, const std::string& message,
           const std::string& text) {
    ++tests_;
    fmt::format_to(std::back_inserter(cases_),
                   "    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", xml_text(class_name_),
                   xml_text(name));
    if (type.empty()) {
      cases_ += "/>\n";
      return;
    }
    const bool error = type == "error";
    ++(error ? errors_ : failures_);
    const char* const element = error ? "error" : "failure";
    fmt::format_to(std::back_inserter(cases_),
                   ">\n      <{} type=\"{}\" message=\"{}\">{}</{}>\n    </testcase>\n", element,
                   xml_text(type), xml_text(message), xml_lines(text), element);
  }

  std::string text(const NamedVerdict& named, std::size_t id, const std::string& time) const {
    const Verdict& v = named.verdict;
    std::string out = fmt::format(
        "  <testsuite package=\"esm-sender\" id=\"{}\" name=\"{}\" timestamp=\"{}\" "
        "hostname=\"localhost\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0\">\n"
        "    <properties>\n",
        id, xml_text(class_name_), time, tests_, failures_, errors_);
    const auto property = [&](const char* name, std::uint64_t value) {
      fmt::format_to(std::back_inserter(out), "      <property name=\"{}\" value=\"{}\"/>\n", name,
                     value);
    };
    property("expected", v.expected);
    property("matched", v.matched);
    property("received", v.received);
    property("not_sent", v.not_sent);
    property("tolerated", v.tolerated);
    return out + "    </properties>\n" + cases_ + "    <system-out>" +
           xml_lines(verdict_text(v, named.name)) +
           "</system-out>\n    <system-err></system-err>\n  </testsuite>\n";
  }

 private:
  std::string class_name_, cases_;
  std::uint64_t tests_ = 0, failures_ = 0, errors_ = 0;
};

}  // namespace

std::string verdict_junit(std::span<const NamedVerdict> verdicts, UtcTime time) {
  // Without a zone, as the schema wants it.
  const std::string when =
      format_rfc3339(std::chrono::floor<std::chrono::seconds>(time)).substr(0, 19);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n";
  std::size_t id = 0;
  for (const NamedVerdict& named : verdicts) {
    Suite suite(named);
    for (const Case& of : cases_of(named)) {
      suite.add(of.name, of.wrong == 0 ? "" : std::string(name_of(of.kinds.front())), of.message,
                details(named.verdict, of));
    }
    for (const ExpectationResult& result : named.verdict.expectation_results) {
      std::string text;
      for (const Finding& finding : named.verdict.findings) {
        const bool of_this =
            finding.kind == Kind::kExpectationFailed && finding.subject == result.subject;
        if (of_this) text += finding_text(finding);
      }
      suite.add(fmt::format("{} is {}", result.subject, result.expected),
                result.met ? "" : std::string(name_of(Kind::kExpectationFailed)),
                fmt::format("expected {}", result.expected), text);
    }
    const std::string& trouble = named.verdict.trouble;
    suite.add("the comparison is complete", trouble.empty() ? "" : "error", trouble, trouble);
    out += suite.text(named, id++, when);
  }
  return out + "</testsuites>\n";
}

}  // namespace esm
