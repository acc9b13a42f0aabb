// What is shipped must agree with itself: a receiver that did everything right is found right.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include <gtest/gtest.h>

#include "sender/mapping/message_lines.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/saved_table.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/verify/verify.h"

#include "tests/support/played_plan.h"
#include "tests/support/shipped_files.h"

namespace esm {
namespace {

TEST(ShippedScenarios, AreMetByACorrectReceiver) {
  std::size_t scenarios = 0;
  std::uint64_t expectations = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::string(ESM_SOURCE_DIR) + "/scenarios")) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string name = entry.path().filename().string();
    SCOPED_TRACE(name);
    ++scenarios;
    const std::string text = test::project_file("scenarios/" + name);
    Diagnostics diagnostics;
    GivenFiles files = test::shipped_files();
    const auto scenario = read_scenario(SourceText(name, text), {{}, &files}, diagnostics);
    ASSERT_TRUE(scenario) << diagnostics.render();
    const test::PlayedPlan played(text, scenario->message);
    ASSERT_FALSE(played.lines().empty());

    const RunRecord record = played.record({.workers = 2, .connections = 2});
    const VerifyInput input{.plan = played.plan(),
                            .templates = played.templates(),
                            .epoch = played.epoch(),
                            .shard = {},
                            .record = &record};
    std::ostringstream sent;
    std::size_t line_count = 0;
    for (const auto& line : played.lines()) {
      for_each_message_line(line.event, line.text, [&](std::string_view one) {
        sent << one << "\n";
        ++line_count;
      });
    }
    std::istringstream received(sent.str());
    const Verdict lines = verify_received(input, received);
    EXPECT_TRUE(lines.ok()) << verdict_text(lines, "messages");
    EXPECT_EQ(lines.matched, line_count);

    const ProfileSet reader(played.profiles());
    TruthOptions options;
    options.epoch = played.epoch();
    options.timeout = scenario->receiver.mapping_timeout;
    const SimTime end = scenario->length;
    const std::vector<SimTime> moments{end};
    const std::vector<TruthAt> truths =
        truth(played.plan(), played.templates(), reader, options, moments);
    // As the firewall prints it and a person saves it.
    const SourceText saved("saved.txt", panos_mapping_table(truths.front().mappings, end));
    const std::vector<TableRow> table = read_saved_table(saved, "", diagnostics).rows;
    EXPECT_FALSE(diagnostics.has_errors()) << diagnostics.render();
    EXPECT_EQ(table.size(), truths.front().mappings.size());
    VerifyInput exact = input;
    exact.receiver_timeout = options.timeout;
    const Verdict mappings = verify_mappings(exact, reader, options, table, end);
    EXPECT_TRUE(mappings.ok()) << verdict_text(mappings, "mappings");
    EXPECT_EQ(mappings.expectations_failed, 0U);
    expectations += mappings.expectations;
  }
  EXPECT_GE(scenarios, 2U);
  EXPECT_GE(expectations, 1U);
}

}  // namespace
}  // namespace esm
