#include "sender/cli/file_section.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace esm {

FileSection::FileSection(const std::string& path, std::uint64_t from, std::uint64_t to)
    : std::istream(nullptr), bytes_(path, from, to) {
  rdbuf(&bytes_);
  if (!bytes_.is_open()) setstate(std::ios_base::badbit);
}

FileSection::Bytes::Bytes(const std::string& path, std::uint64_t from, std::uint64_t to)
    : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)), begin_(from), end_(to), at_(from) {}

FileSection::Bytes::~Bytes() {
  if (fd_ >= 0) close(fd_);
}

FileSection::Bytes::int_type FileSection::Bytes::underflow() {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), end_ - at_));
  ssize_t got = 0;
  do {
    got = want == 0 ? 0 : pread(fd_, buffer_.data(), want, static_cast<off_t>(at_));
  } while (got < 0 && errno == EINTR);
  // A stream takes this for its badbit; it goes no further.
  if (got < 0) throw std::system_error(errno, std::generic_category());
  if (got == 0) return traits_type::eof();
  at_ += static_cast<std::uint64_t>(got);
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(buffer_.front());
}

FileSection::Bytes::pos_type FileSection::Bytes::seekoff(off_type offset,
                                                         std::ios_base::seekdir direction,
                                                         std::ios_base::openmode which) {
  return direction == std::ios_base::beg ? seekpos(pos_type(offset), which)
                                         : pos_type(off_type(-1));
}

FileSection::Bytes::pos_type FileSection::Bytes::seekpos(pos_type position,
                                                         std::ios_base::openmode) {
  if (position != pos_type(0)) return pos_type(off_type(-1));
  at_ = begin_;
  setg(nullptr, nullptr, nullptr);
  return position;
}

}  // namespace esm
