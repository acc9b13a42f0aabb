#include "sender/cli/summary.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sender/base/units.h"
#include "sender/cli/exit_status.h"

namespace esm {
namespace {

// Devices and pipes cannot be replaced by a rename, and a link must go on pointing where it does;
// files must never be seen half written.
bool is_replaced(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) != 0 || S_ISREG(status.st_mode);
}

bool is_named_pipe(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

std::string temporary_of(const std::string& path) {
  return fmt::format("{}.{}.part", path, getpid());
}

// "1 reconnect", "2 reconnects".
std::string counted(std::uint64_t count, std::string_view one) {
  return fmt::format("{} {}{}", format_thousands(count), one, count == 1 ? "" : "s");
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

bool check_report(const std::string& path, Diagnostics& diagnostics) {
  if (path == "-") return true;
  struct stat status {};
  int error = 0;
  std::string_view hint;
  if (stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    error = EISDIR;
    hint = "name a file in it";
  } else if (is_named_pipe(path)) {
    diagnostics.error({path, 0, 0, 1}, "the report would go into a named pipe",
                      "--report - writes it to standard output");
    return false;
  } else if (is_replaced(path)) {
    const std::string temporary = temporary_of(path);
    const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    error = fd < 0 ? errno : 0;
    if (fd >= 0) {
      close(fd);
      unlink(temporary.c_str());
    }
    hint = error == ENOENT ? "does the folder exist?" : "";
  } else if (access(path.c_str(), W_OK) != 0 && errno != ENOENT) {
    error = errno;
  }
  if (error == 0) return true;
  diagnostics.error({path, 0, 0, 1},
                    fmt::format("the report cannot be written: {}", std::strerror(error)),
                    std::string(hint));
  return false;
}

bool write_report_text(const std::string& path, std::string_view text, Diagnostics& diagnostics) {
  if (path == "-") {
    if (write_all(STDOUT_FILENO, text)) return true;
    diagnostics.error(
        {}, fmt::format("cannot write the report to standard output: {}", std::strerror(errno)));
    return false;
  }
  const bool plain = is_replaced(path);
  const std::string temporary = plain ? temporary_of(path) : path;
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
  if (written) return true;
  if (plain && fd >= 0) unlink(temporary.c_str());
  diagnostics.error({path, 0, 0, 1},
                    fmt::format("cannot write the report: {}", std::strerror(error)),
                    "the run took place, its record is lost");
  return false;
}

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
  return write_report_text(path, text, diagnostics) && readable;
}

int exit_status_of(const RunRecord& record, const PlayOutcome& outcome,
                   std::span<const Threshold> thresholds, Diagnostics& reasons) {
  Books all;
  for (const TargetRecord& target : record.targets) all.add(target.books);
  const auto count = [&](Reason reason) { return all.by_reason[static_cast<std::size_t>(reason)]; };

  if (outcome.end == PlayOutcome::End::kNotReady) return kTransportFailed;
  int status = kAllWell;
  const auto first = [&](int candidate) { status = status == kAllWell ? candidate : status; };

  const std::uint64_t disconnected = count(Reason::kDisconnected);
  // An ICMP error says that datagrams found no listener, as certainly as a refused connection does.
  // What was written and never acknowledged may be lost; who interrupts twice wants it so.
  const bool uncertain = all.uncertain > 0 && outcome.end != PlayOutcome::End::kInterrupted;
  if (outcome.transport_failed || disconnected > 0 || all.refused > 0 || all.reconnects > 0 ||
      all.icmp_errors > 0 || uncertain) {
    std::string text = fmt::format(
        "the transport failed: {} refused, {} dropped while "
        "disconnected, {} uncertain, {}",
        format_thousands(all.refused), format_thousands(disconnected),
        format_thousands(all.uncertain), counted(all.reconnects, "reconnect"));
    if (all.icmp_errors > 0) text += ", " + counted(all.icmp_errors, "ICMP error");
    reasons.error({}, text, "`verify --run` with the receiver's own records tells what arrived");
    first(kTransportFailed);
  }
  if (const std::uint64_t late = count(Reason::kTooLate) + count(Reason::kQueueFull); late > 0) {
    reasons.error({},
                  fmt::format("the rate was not reached: {} {} too late and dropped",
                              counted(late, "message"), late == 1 ? "was" : "were"),
                  "a lower --rate or --speed, more --threads, or a faster receiver");
    first(kRateNotReached);
  }
  for (const Threshold& threshold : thresholds) {
    const ThresholdResult result = evaluate(threshold, record);
    if (!result.holds) continue;
    reasons.error({}, fmt::format("--fail-if {}: {}", threshold.text, result.measured));
    first(kThresholdFailed);
  }
  if (!record.complete) first(kUnexpected);
  if (outcome.end == PlayOutcome::End::kInterrupted) {
    first(outcome.signal == SIGTERM ? kTerminated : kInterrupted);
  }
  return status;
}

}  // namespace esm
