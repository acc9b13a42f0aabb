// The shipped templates, byte for byte. shipped_templates.txt holds of each "=== NAME", the message
// of somebody and that of nobody. Changing a line there is a deliberate act: what is known and what
// is guessed stands in each template.
#include "tests/support/shipped_templates.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "sender/base/yaml.h"

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

const std::string kGolden = std::string(ESM_SOURCE_DIR) + "/tests/message/shipped_templates.txt";

TEST(ShippedTemplates, RenderTheseLines) {
  Event nobody = sample_event();
  nobody.user = kNobody;
  std::string lines;
  for (const std::string& name : shipped_template_names()) {
    const Template message = shipped_template(name);
    lines += "=== " + name + "\n" + rendered(message) + "\n" +
             rendered(message, sample_scenario(), nobody) + "\n";
  }
  if (std::getenv("ESM_RENEW_GOLDEN") != nullptr) std::ofstream(kGolden) << lines;
  std::ifstream file(kGolden);
  const std::string golden{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(lines, golden) << "where this is meant: ESM_RENEW_GOLDEN=1 message_test "
                              "--gtest_filter=ShippedTemplates.* writes it anew; read the diff";
}

TEST(ShippedTemplates, SayWhatTheyAreAndWhatIsKnown) {
  for (const std::string& name : shipped_template_names()) {
    const std::string text = shipped_template_text(name);
    EXPECT_NE(shipped_template(name).about, "") << name;
    EXPECT_NE(text.find("\n# "), std::string::npos) << name;
    EXPECT_EQ(text.find("$("), std::string::npos) << text;
  }
}

TEST(ShippedTemplates, AreFoundUnderFormerNamesThatNoOtherHas) {
  EXPECT_EQ(shipped_template_text("traps-leef-threat"),
            shipped_template_text("traps-leef-prevention"));
  EXPECT_EQ(shipped_template_text("traps-cef-policy"), shipped_template_text("traps-cef-new-hash"));
  EXPECT_EQ(shipped_template_text("traps-leef2-service"),
            shipped_template_text("traps-leef2-service-status-change"));
  std::set<std::string> names;
  for (const std::string& name : shipped_template_names()) {
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  for (const LaidOut& one : laid_out_templates()) {
    if (one.former_name.empty()) continue;
    EXPECT_TRUE(names.insert(one.former_name).second) << one.former_name;
  }
}

// A misspelt name of a layout would leave its line out everywhere.
TEST(ShippedTemplates, LayoutsAndEventsUseTheSameNames) {
  std::set<std::string> asked{"formerly"}, given;
  for (const auto& [layout, text] : yaml_files("templates/layouts")) {
    for (std::size_t open = text.find("$("); open != std::string::npos;
         open = text.find("$(", open + 1)) {
      std::string names = text.substr(open + 2, text.find(')', open) - open - 2) + "|";
      for (std::size_t end = 0; (end = names.find('|')) != std::string::npos;) {
        if (!names.starts_with('"') && names != "comments|") asked.insert(names.substr(0, end));
        names.erase(0, end + 1);
      }
    }
  }
  for (const auto& [event, text] : yaml_files("templates/events")) {
    Diagnostics diagnostics;
    const auto root = parse_yaml(SourceText(event, text), text.size(), diagnostics);
    ASSERT_TRUE(root) << diagnostics.render();
    for (const YamlEntry& entry : root->entries) given.insert(entry.key);
  }
  EXPECT_EQ(asked, given);
}

TEST(ShippedTemplates, ShowEveryEventInEveryForm) {
  for (const std::string event :
       {"Heartbeat", "Service Alive", "System Shutdown", "Traps Service Status Change",
        "Agent Policy Changed", "Client License Request", "Machine License Validation Failed",
        "Service Warning", "Prevention Event", "Notification Event", "Provisional Event",
        "Post Detection Event", "Access Violation", "New Hash Added",
        "Verdict Changed Any To Malware"}) {
    std::set<std::string> forms;
    for (const LaidOut& one : laid_out_templates()) {
      const std::string line = rendered(shipped_template(one.name));
      if (line.find("LEEF:1.0|") != std::string::npos &&
          line.find("|" + event + "|cat=") != std::string::npos) {
        forms.insert("leef");
      }
      if (line.find("|" + event + "|^|") != std::string::npos) forms.insert("leef2");
      if (line.find("CEF:0|") != std::string::npos &&
          line.find("|" + event + "|") != std::string::npos) {
        forms.insert("cef");
      }
      if (line.find("," + event + ",") != std::string::npos) forms.insert("csv");
    }
    EXPECT_EQ(forms, (std::set<std::string>{"cef", "csv", "leef", "leef2"})) << event;
  }
}

// As the documented sample has it, but for what is different in every message.
TEST(ShippedTemplates, ThePreventionIsThatOfTheSample) {
  Scenario scenario = sample_scenario();
  scenario.users[0].name.prefix = "Demo";
  scenario.users[0].domains = {{"W10"}};
  scenario.users[0].form = UserForm::kDownLevel;
  const std::string line = rendered(shipped_template("traps-csv-prevention"), scenario);
  const std::string key = "0d78430e-0fff-48d8-9f93-e49745fdc21b",
                    hash = "f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7";
  EXPECT_NE(
      line.find(",Traps Agent,4.1.3.33176,Threat,Prevention Event,w10,W10\\Demo,New prevention "
                "event. Prevention Key: " +
                key + ",9,WildFire,wildfire-test-pe-file.exe," + hash +
                ",36-2416,10.0.1.51,,Sep 28 2016 17:38:48"),
      std::string::npos)
      << line;
}

TEST(ShippedTemplates, TheLoadsLinesDifferByTheirSequenceNumber) {
  Event second = sample_event();
  second.ordinal = 41;
  const std::string line = rendered(shipped_template("traps-leef-load"), sample_scenario(), second);
  EXPECT_NE(line.find("\tseq=41\t"), std::string::npos) << line;
}

}  // namespace
}  // namespace esm::test
