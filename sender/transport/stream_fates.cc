#include "sender/transport/stream_fates.h"

#include <algorithm>
#include <cassert>

namespace esm {

void append_stream_fates(const Batch& batch, std::size_t taken, std::size_t touched, int error,
                         std::vector<FateRun>& runs) {
  assert(taken <= touched && touched <= batch.bytes().size());
  const auto messages = batch.messages();
  const auto whole =
      std::partition_point(messages.begin(), messages.end(),
                           [taken](const Batch::Message& message) { return message.end <= taken; });
  const auto begun = std::partition_point(
      whole, messages.end(),
      [touched](const Batch::Message& message) { return message.begin < touched; });
  const auto written = static_cast<std::uint32_t>(whole - messages.begin());
  const auto cut = static_cast<std::uint32_t>(begun - whole);
  if (written > 0) runs.push_back({written, Fate::kWritten, Reason::kNone, 0});
  if (cut > 0) runs.push_back({cut, Fate::kCut, Reason::kNone, error});
}

}  // namespace esm
