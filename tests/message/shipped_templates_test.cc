// The shipped templates, byte for byte. Changing a line here is a deliberate act: what is known and
// what is guessed stands in each template.
#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/message/small_plan.h"

namespace esm::test {
namespace {

struct Golden {
  std::string name, line, with_nobody;
};

const Golden kGolden[] = {
    {"traps-leef-heartbeat",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|cat=Agent\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM dd "
     "yyyy HH:mm:ss\tsev=3\tdhost=w10\tduser=demo\tdst=10.0.1.51\tmsg=Service is alive",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|cat=Agent\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM dd "
     "yyyy HH:mm:ss\tsev=3\tdhost=w10\tduser=\tdst=10.0.1.51\tmsg=Service is alive"},
    {"traps-leef-load",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|cat=Agent\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM dd "
     "yyyy HH:mm:ss\tsev=3\tdhost=w10\tduser=demo\tdst=10.0.1.51\tseq=0\tmsg=Service is alive",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|cat=Agent\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM dd "
     "yyyy HH:mm:ss\tsev=3\tdhost=w10\tduser=\tdst=10.0.1.51\tseq=0\tmsg=Service is alive"},
    {"traps-leef2-heartbeat",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:2.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|^|cat=Agent^devTime=Sep 28 2016 17:38:48^devTimeFormat=MMM dd "
     "yyyy HH:mm:ss^sev=3^dhost=w10^duser=demo^dst=10.0.1.51^msg=Service is alive",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:2.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|^|cat=Agent^devTime=Sep 28 2016 17:38:48^devTimeFormat=MMM dd "
     "yyyy HH:mm:ss^sev=3^dhost=w10^duser=^dst=10.0.1.51^msg=Service is alive"},
    {"traps-cef-heartbeat",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|Agent|3|rt=Sep 28 2016 17:38:48 dhost=w10 duser=demo "
     "dst=10.0.1.51 msg=Service is alive",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Heartbeat|Agent|3|rt=Sep 28 2016 17:38:48 dhost=w10 duser= "
     "dst=10.0.1.51 msg=Service is alive"},
    {"traps-csv-heartbeat",
     "<134>1 2016-09-28T17:38:48.00Z+00:00 172.16.183.173 - - - Sep 28 2016 17:38:48,Traps "
     "Agent,4.1.3.33176,Agent,Heartbeat,w10,demo,Service is alive,3,-,-,-,-,10.0.1.51,,Sep 28 "
     "2016 17:38:48",
     "<134>1 2016-09-28T17:38:48.00Z+00:00 172.16.183.173 - - - Sep 28 2016 17:38:48,Traps "
     "Agent,4.1.3.33176,Agent,Heartbeat,w10,,Service is alive,3,-,-,-,-,10.0.1.51,,Sep 28 "
     "2016 17:38:48"},
    {"traps-leef-service",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Traps Service Status Change|cat=Agent\tdevTime=Sep 28 2016 "
     "17:38:48\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=6\tdhost=w10\tduser=Traps\tmsg=Agent "
     "Service Status Changed: Stopped-> Running",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Traps Service Status Change|cat=Agent\tdevTime=Sep 28 2016 "
     "17:38:48\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=6\tdhost=w10\tduser=Traps\tmsg=Agent "
     "Service Status Changed: Stopped-> Running"},
    {"traps-cef-service",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Traps Service Status Change|Agent|6|rt=Sep 28 2016 17:38:48 dhost=w10 "
     "duser=Traps msg=Agent Service Status Changed: Stopped-> Running",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Traps Service Status Change|Agent|6|rt=Sep 28 2016 17:38:48 dhost=w10 "
     "duser=Traps msg=Agent Service Status Changed: Stopped-> Running"},
    {"traps-leef-policy",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "ESM|4.1.3.33176|New Hash Added|cat=Policy\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM "
     "dd yyyy "
     "HH:mm:ss\tsev=6\tshost=esm01\tsuser=\tfileHash="
     "f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7\tcs5Label=NewVerdict\tcs5="
     "Benign\tmsg=New hash added",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "ESM|4.1.3.33176|New Hash Added|cat=Policy\tdevTime=Sep 28 2016 17:38:48\tdevTimeFormat=MMM "
     "dd yyyy "
     "HH:mm:ss\tsev=6\tshost=esm01\tsuser=\tfileHash="
     "f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7\tcs5Label=NewVerdict\tcs5="
     "Benign\tmsg=New hash added"},
    {"traps-cef-policy",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps ESM|4.1.3.33176|New "
     "Hash Added|Policy|6|rt=Sep 28 2016 17:38:48 shost=esm01 suser= "
     "fileHash=f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7 "
     "cs5Label=NewVerdict cs5=Benign msg=New hash added",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps ESM|4.1.3.33176|New "
     "Hash Added|Policy|6|rt=Sep 28 2016 17:38:48 shost=esm01 suser= "
     "fileHash=f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7 "
     "cs5Label=NewVerdict cs5=Benign msg=New hash added"},
    {"traps-leef-threat",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Prevention Event|cat=Threat\tdevTime=Sep 28 2016 "
     "17:38:48\tdevTimeFormat=MMM dd yyyy "
     "HH:mm:ss\tsev=9\tdhost=w10\tduser=demo\tdst=10.0.1.51\tdeviceProcessName=wildfire-test-pe-"
     "file.exe\tfileHash=f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7\tmsg=New "
     "prevention event. Prevention Key: 0d78430e-0fff-48d8-9f93-e49745fdc21b",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Prevention Event|cat=Threat\tdevTime=Sep 28 2016 "
     "17:38:48\tdevTimeFormat=MMM dd yyyy "
     "HH:mm:ss\tsev=9\tdhost=w10\tduser=\tdst=10.0.1.51\tdeviceProcessName=wildfire-test-pe-file."
     "exe\tfileHash=f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7\tmsg=New "
     "prevention event. Prevention Key: 0d78430e-0fff-48d8-9f93-e49745fdc21b"},
    {"traps-cef-threat",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Prevention Event|Threat|9|rt=Sep 28 2016 17:38:48 dhost=w10 duser=demo "
     "dst=10.0.1.51 deviceProcessName=wildfire-test-pe-file.exe "
     "fileHash=f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7 msg=New prevention "
     "event. Prevention Key: 0d78430e-0fff-48d8-9f93-e49745fdc21b",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 CEF:0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Prevention Event|Threat|9|rt=Sep 28 2016 17:38:48 dhost=w10 duser= "
     "dst=10.0.1.51 deviceProcessName=wildfire-test-pe-file.exe "
     "fileHash=f01d4c1511d019f8630071ea2c07cf2557ce66879e0dd9f1f35dcae8ecf121a7 msg=New prevention "
     "event. Prevention Key: 0d78430e-0fff-48d8-9f93-e49745fdc21b"},
    {"traps-leef-decoy",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Notification Event|cat=Threat\tdevTime=Sep 28 2016 "
     "17:38:48\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\tmsg=Script blocked; its first line is: "
     "echo Service is alive duser=mallory "
     "dst=192.0.2.66\tdhost=w10\tduser=demo\tdst=10.0.1.51\teventKey=0d78430e-0fff-48d8-9f93-"
     "e49745fdc21b",
     "<134>Sep 28 2016 17:38:48 172.16.183.173 LEEF:1.0|Palo Alto Networks|Traps "
     "Agent|4.1.3.33176|Notification Event|cat=Threat\tdevTime=Sep 28 2016 "
     "17:38:48\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\tmsg=Script blocked; its first line is: "
     "echo Service is alive duser=mallory "
     "dst=192.0.2.66\tdhost=w10\tduser=\tdst=10.0.1.51\teventKey=0d78430e-0fff-48d8-9f93-"
     "e49745fdc21b"},
};

TEST(ShippedTemplates, RenderTheseLines) {
  Event nobody = sample_event();
  nobody.user = kNobody;
  for (const Golden& golden : kGolden) {
    const Template message = shipped_template(golden.name);
    EXPECT_EQ(rendered(message), golden.line);
    EXPECT_EQ(rendered(message, sample_scenario(), nobody), golden.with_nobody);
  }
}

TEST(ShippedTemplates, AllHaveAGoldenLineAndSayWhatTheyAre) {
  std::set<std::string> files, golden;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/templates")) {
    if (file.path().extension() == ".yaml") files.insert(file.path().stem());
  }
  for (const Golden& one : kGolden) golden.insert(one.name);
  EXPECT_EQ(files, golden);
  for (const std::string& name : files) EXPECT_NE(shipped_template(name).about, "") << name;
}

TEST(ShippedTemplates, TheLoadsLinesDifferByTheirSequenceNumber) {
  Event second = sample_event();
  second.ordinal = 41;
  const std::string line = rendered(shipped_template("traps-leef-load"), sample_scenario(), second);
  EXPECT_NE(line.find("\tseq=41\t"), std::string::npos) << line;
}

}  // namespace
}  // namespace esm::test
