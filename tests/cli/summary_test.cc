#include "sender/cli/summary.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "sender/base/units.h"

#include "tests/report/full_record.h"

namespace esm {
namespace {

TEST(WriteReport, ARecordThatIsTooLongToBeReadBackIsWrittenAndIsAnError) {
  const RunRecord record = test::full_record();
  const std::string text = to_json(record);
  const std::filesystem::path path = std::filesystem::path(::testing::TempDir()) /
                                     fmt::format("esm-summary-test-{}.json", getpid());
  Diagnostics fine;
  EXPECT_TRUE(write_report(path, record, fine, text.size()));
  EXPECT_EQ(fine.render(), "");

  std::filesystem::remove(path);
  Diagnostics diagnostics;
  EXPECT_FALSE(write_report(path, record, diagnostics, text.size() - 1));
  EXPECT_EQ(diagnostics.render(),
            fmt::format("{}: error: the report has {}: what is longer than {} cannot be read back\n"
                        "hint: every ESM, connection, thread and target makes it longer: use "
                        "fewer, or play shards\n",
                        path.string(), format_size(text.size()), format_size(text.size() - 1)));
  std::stringstream written;
  written << std::ifstream(path).rdbuf();
  EXPECT_EQ(written.str(), text);
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace esm
