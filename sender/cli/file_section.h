// The bytes of a file from one place to another, as a stream: of a file that goes on growing.
#pragma once

#include <array>
#include <cstdint>
#include <istream>
#include <streambuf>
#include <string>

namespace esm {

// Can go back to its beginning (seekg(0)), no other place.
class FileSection final : public std::istream {
 public:
  // Bytes `from` to before `to`. What cannot be opened or read is a stream that has failed.
  FileSection(const std::string& path, std::uint64_t from, std::uint64_t to);

 private:
  class Bytes final : public std::streambuf {
   public:
    Bytes(const std::string& path, std::uint64_t from, std::uint64_t to);
    ~Bytes() override;
    Bytes(const Bytes&) = delete;
    Bytes& operator=(const Bytes&) = delete;
    bool is_open() const { return fd_ >= 0; }

   private:
    int_type underflow() override;
    pos_type seekoff(off_type offset, std::ios_base::seekdir direction,
                     std::ios_base::openmode which) override;
    pos_type seekpos(pos_type position, std::ios_base::openmode which) override;

    int fd_;
    std::uint64_t begin_, end_, at_;
    std::array<char, 65'536> buffer_{};
  };

  Bytes bytes_;
};

}  // namespace esm
