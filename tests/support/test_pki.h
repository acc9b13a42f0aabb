// Throw-away certificates of tests/receivers/make-test-pki.sh, made once and shared by all test
// processes; the C++ twin of tests/support/pki.py (same folder, same lock).
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

namespace esm {

// The folder, with ca.pem, server.pem, server.key, client.pem … in it.
inline std::string test_pki() {
  namespace fs = std::filesystem;
  const fs::path root = ESM_SOURCE_DIR;
  const fs::path folder = root / "build" / "test-pki";
  const fs::path script = root / "tests" / "receivers" / "make-test-pki.sh";
  fs::create_directories(folder.parent_path());
  const int lock = ::open((folder.string() + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  EXPECT_GE(lock, 0);
  EXPECT_EQ(::flock(lock, LOCK_EX), 0);
  const fs::path done = folder / "ca.crl";  // the last file that the script makes
  std::error_code missing;
  const fs::file_time_type made = fs::last_write_time(done, missing);
  const bool fresh = !missing && fs::file_time_type::clock::now() - made < std::chrono::days{30} &&
                     made > fs::last_write_time(script);
  if (!fresh) {
    fs::remove_all(folder);
    const std::string command =
        fmt::format("sh '{}' '{}' > /dev/null", script.string(), folder.string());
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
  }
  ::close(lock);
  return folder.string();
}

}  // namespace esm
