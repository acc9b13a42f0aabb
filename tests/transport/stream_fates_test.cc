#include "sender/transport/stream_fates.h"

#include <gtest/gtest.h>

#include "tests/transport/driver.h"

namespace esm {
namespace {

// Three messages of 4, 1 and 3 bytes with their line ends.
TEST(StreamFates, EveryByteDecides) {
  const Batch batch = test::batch_of({"abc", "", "de"});
  ASSERT_EQ(test::bytes_of(batch), "abc\n\nde\n");
  const std::tuple<std::size_t, std::size_t, const char*> table[] = {
      {0, 0, ""},
      {1, 1, "1 cut (104)"},
      {3, 3, "1 cut (104)"},
      {4, 4, "1 written"},
      {5, 5, "2 written"},
      {6, 6, "2 written, 1 cut (104)"},
      {7, 7, "2 written, 1 cut (104)"},
      {8, 8, "3 written"},
      // A record of which a part is on the wire holds more than one message.
      {0, 1, "1 cut (104)"},
      {0, 5, "2 cut (104)"},
      {0, 8, "3 cut (104)"},
      {4, 8, "1 written, 2 cut (104)"},
      {2, 8, "3 cut (104)"},
      {5, 6, "2 written, 1 cut (104)"},
  };
  for (const auto& [taken, touched, wanted] : table) {
    std::vector<FateRun> runs;
    append_stream_fates(batch, taken, touched, 104, runs);
    EXPECT_EQ(test::text_of(runs), wanted) << taken << " " << touched;
  }
}

}  // namespace
}  // namespace esm
