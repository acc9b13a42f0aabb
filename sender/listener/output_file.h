// A file the listener writes: buffered, with an error that is kept and not forgotten.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace esm {

class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  // "-" is standard output. An existing file is emptied. False: error() says why.
  bool open(const std::string& path);
  bool is_open() const { return descriptor_ >= 0; }

  // After an error everything is only counted.
  void write(std::string_view bytes);
  // `message` as one line: CR, LF and NUL in it become #015, #012 and #000.
  void line(std::string_view message);
  // Hands the buffer to the kernel.
  void flush();
  // Flushes and closes. False if anything was not written in full.
  bool close();

  // errno of the first failure, 0 = none.
  int error() const { return error_; }
  const std::string& path() const { return path_; }
  std::uint64_t bytes_lost() const { return bytes_lost_; }
  // There were bytes in the file that open() emptied.
  bool replaced() const { return replaced_; }

 private:
  std::string path_;
  std::string buffer_;
  int descriptor_ = -1;
  int error_ = 0;
  std::uint64_t bytes_lost_ = 0;
  bool replaced_ = false;
};

}  // namespace esm
