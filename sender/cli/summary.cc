#include "sender/cli/summary.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "sender/cli/exit_status.h"

namespace esm {
namespace {

void complain(const std::string& problem, const std::string& hint = {}) {
  Diagnostics diagnostics;
  diagnostics.error({}, problem, hint);
  std::fputs(diagnostics.render().c_str(), stderr);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

bool write_report(const std::string& path, const RunRecord& record, Diagnostics& diagnostics,
                  std::size_t bytes_max) {
  const std::string text = to_json(record);
  // Exceptions are bounded; thousands of lanes are not.
  const bool readable = text.size() <= bytes_max;
  if (!readable) {
    diagnostics.error({path, 0, 0, 1},
                      fmt::format("the report has {}: what is longer than {} cannot be read back",
                                  format_size(text.size()), format_size(bytes_max)),
                      "every ESM, connection, thread and target makes it longer: use fewer, or "
                      "play shards");
  }
  if (path == "-") {
    if (write_all(STDOUT_FILENO, text)) return readable;
    diagnostics.error(
        {}, fmt::format("cannot write the report to standard output: {}", std::strerror(errno)));
    return false;
  }
  // Devices and pipes cannot be replaced by a rename; files must never be seen half written.
  const bool plain = access(path.c_str(), F_OK) != 0 || path.find("/dev/") != 0;
  const std::string temporary = plain ? path + ".part" : path;
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  bool written = fd >= 0 && write_all(fd, text);
  int error = errno;
  if (fd >= 0 && close(fd) != 0 && written) {
    written = false;
    error = errno;
  }
  if (written && plain && rename(temporary.c_str(), path.c_str()) != 0) {
    written = false;
    error = errno;
  }
  if (written) return readable;
  if (plain && fd >= 0) unlink(temporary.c_str());
  diagnostics.error({path, 0, 0, 1},
                    fmt::format("cannot write the report: {}", std::strerror(error)),
                    "the run took place, its record is lost");
  return false;
}

int exit_status_of(const RunRecord& record, const PlayOutcome& outcome,
                   const ReportOptions& options) {
  Books all;
  for (const TargetRecord& target : record.targets) all.add(target.books);
  const auto count = [&](Reason reason) { return all.by_reason[static_cast<std::size_t>(reason)]; };

  if (outcome.end == PlayOutcome::End::kNotReady) return kTransportFailed;
  int status = kAllWell;
  const auto first = [&](int candidate) { status = status == kAllWell ? candidate : status; };

  const std::uint64_t disconnected = count(Reason::kDisconnected);
  if (outcome.transport_failed || disconnected > 0 || all.refused > 0 || all.reconnects > 0) {
    complain(fmt::format("the transport failed: {} refused, {} dropped while disconnected, {} "
                         "uncertain, {} reconnects",
                         format_thousands(all.refused), format_thousands(disconnected),
                         format_thousands(all.uncertain), format_thousands(all.reconnects)),
             "`verify --run` with the receiver's own records tells what arrived");
    first(kTransportFailed);
  }
  if (const std::uint64_t late = count(Reason::kTooLate) + count(Reason::kQueueFull); late > 0) {
    complain(fmt::format("the rate was not reached: {} messages were too late and dropped",
                         format_thousands(late)),
             "a lower --rate or --speed, more --threads, or a faster receiver");
    first(kRateNotReached);
  }
  for (const Threshold& threshold : options.thresholds) {
    const ThresholdResult result = evaluate(threshold, record);
    if (!result.holds) continue;
    complain(fmt::format("--fail-if {}: {}", threshold.text, result.measured));
    first(kThresholdFailed);
  }
  if (!record.complete) first(kUnexpected);
  if (outcome.end == PlayOutcome::End::kInterrupted) {
    first(outcome.signal == SIGTERM ? kTerminated : kInterrupted);
  }
  return status;
}

}  // namespace esm
