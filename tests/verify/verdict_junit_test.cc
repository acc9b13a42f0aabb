// That it is valid by JUnit's schema is tested where it is written to a file (tests/cli).
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/verify/verdict.h"

namespace esm {
namespace {

const UtcTime kTime = parse_rfc3339("2026-03-02T08:30:00.5Z").value();

TEST(VerdictJunit, WhatIsWrongIsAFailedTestCaseWithItsFindings) {
  Verdict verdict;
  verdict.expected = 3;
  verdict.matched = 1;
  verdict.missing = 2;
  verdict.received = 1;
  verdict.findings_total = 2;
  verdict.findings = {{Finding::Kind::kMissing, "a<b>\t\"c\"", "", "", "due at 1s", 1}};
  verdict.expectation_results = {{"PC-1 (10.0.0.1) at 5m", "anna", true}};
  const std::vector<NamedVerdict> named{{"received", verdict}};
  const std::string expected =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite package=\"esm-sender\" id=\"0\" name=\"verify.received\" "
      "timestamp=\"2026-03-02T08:30:00\" hostname=\"localhost\" tests=\"7\" failures=\"1\" "
      "errors=\"0\" time=\"0\">\n"
      "    <properties>\n"
      "      <property name=\"expected\" value=\"3\"/>\n"
      "      <property name=\"matched\" value=\"1\"/>\n"
      "      <property name=\"received\" value=\"1\"/>\n"
      "      <property name=\"not_sent\" value=\"0\"/>\n"
      "      <property name=\"tolerated\" value=\"0\"/>\n"
      "    </properties>\n"
      "    <testcase classname=\"verify.received\" name=\"the run record is of these messages\" "
      "time=\"0\"/>\n"
      "    <testcase classname=\"verify.received\" name=\"no message is missing\" time=\"0\">\n"
      "      <failure type=\"missing\" message=\"2 missing\">missing: "
      "a&lt;b&gt;\\x09&quot;c&quot;\n"
      "    because  due at 1s\n"
      "… and 1 more\n"
      "</failure>\n"
      "    </testcase>\n";
  const std::string text = verdict_junit(named, kTime);
  EXPECT_EQ(text.substr(0, expected.size()), expected);
  EXPECT_NE(text.find("name=\"PC-1 (10.0.0.1) at 5m is anna\" time=\"0\"/>"), std::string::npos);
}

TEST(VerdictJunit, WhatIsToleratedIsNoFailureAndTroubleIsAnError) {
  Verdict verdict;
  verdict.expected = 2'000;
  verdict.matched = 1'999;
  verdict.missing = verdict.findings_total = 1;
  tolerate_loss(verdict, 499);
  EXPECT_FALSE(verdict.ok());
  tolerate_loss(verdict, 500);
  EXPECT_TRUE(verdict.ok());
  verdict.trouble = "reading failed";
  const std::vector<NamedVerdict> named{{"received", verdict}};
  const std::string text = verdict_junit(named, kTime);
  EXPECT_NE(text.find("failures=\"0\" errors=\"1\""), std::string::npos);
  EXPECT_NE(text.find("<error type=\"error\" message=\"reading failed\">reading failed</error>"),
            std::string::npos);
}

}  // namespace
}  // namespace esm
