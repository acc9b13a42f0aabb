#include "sender/cli/settle.h"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <thread>
#include <utility>

#include "sender/cli/input_file.h"
#include "sender/engine/real_clock.h"

namespace esm {
namespace {

constexpr std::chrono::milliseconds kLook{20};

// None: there is no such file, or what is there has no size.
std::optional<std::uintmax_t> size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? std::nullopt : std::optional(size);
}

}  // namespace

std::optional<Verdict> verify_settled(const VerifyInput& input, const std::string& path,
                                      std::chrono::nanoseconds settle, Diagnostics& diagnostics) {
  const RealClock clock;
  const auto end = clock.monotonic() + settle;
  while (!std::filesystem::exists(path) && clock.monotonic() < end) {
    std::this_thread::sleep_for(kLook);
  }
  for (;;) {
    if (!check_readable(path, "the received lines", diagnostics)) return std::nullopt;
    const auto began = clock.monotonic();
    // Looked at before it is read: what comes meanwhile is growth.
    const std::optional<std::uintmax_t> size = size_of(path);
    std::ifstream file(path, std::ios::binary);
    Verdict verdict = verify_received(input, file);
    if (verdict.ok()) return verdict;
    // A long file is not read again and again without a pause: at least as long as reading it took.
    const auto now = clock.monotonic();
    std::this_thread::sleep_for(std::clamp(end - now, std::chrono::nanoseconds{0}, now - began));
    while (size_of(path) == size) {
      if (clock.monotonic() >= end) return verdict;
      std::this_thread::sleep_for(kLook);
    }
    if (now >= end) return verdict;
  }
}

}  // namespace esm
