// The bytes of a file from one place to another, as a stream: of a file that goes on growing.
#pragma once

#include <array>
#include <cstdint>
#include <istream>
#include <streambuf>
#include <string>

namespace esm {

// Can go back to its beginning (seekg(0)), no other place.
class FileSection final : public std::istream, private std::streambuf {
 public:
  // Bytes `begin` to before `end`. What cannot be opened or read is an empty stream that has
  // failed.
  FileSection(const std::string& path, std::uint64_t begin, std::uint64_t end);
  ~FileSection() override;
  FileSection(const FileSection&) = delete;
  FileSection& operator=(const FileSection&) = delete;

 private:
  int_type underflow() override;
  pos_type seekoff(off_type offset, std::ios_base::seekdir direction,
                   std::ios_base::openmode which) override;
  pos_type seekpos(pos_type position, std::ios_base::openmode which) override;

  int fd_;
  std::uint64_t begin_, end_, at_;
  std::array<char, 65'536> buffer_{};
};

}  // namespace esm
