#include "sender/cli/file_section.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace esm {

FileSection::FileSection(const std::string& path, std::uint64_t begin, std::uint64_t end)
    : std::istream(nullptr),
      fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)),
      begin_(begin),
      end_(end),
      at_(begin) {
  rdbuf(this);
  if (fd_ < 0) setstate(std::ios_base::failbit | std::ios_base::badbit);
}

FileSection::~FileSection() {
  if (fd_ >= 0) close(fd_);
}

FileSection::int_type FileSection::underflow() {
  const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer_.size(), end_ - at_));
  ssize_t got = 0;
  do {
    got = want == 0 ? 0 : pread(fd_, buffer_.data(), want, static_cast<off_t>(at_));
  } while (got < 0 && errno == EINTR);
  if (got < 0) setstate(std::ios_base::badbit);
  if (got <= 0) return traits_type::eof();
  at_ += static_cast<std::uint64_t>(got);
  setg(buffer_.data(), buffer_.data(), buffer_.data() + got);
  return traits_type::to_int_type(buffer_.front());
}

FileSection::pos_type FileSection::seekoff(off_type offset, std::ios_base::seekdir direction,
                                           std::ios_base::openmode which) {
  return direction == std::ios_base::beg ? seekpos(pos_type(offset), which)
                                         : pos_type(off_type(-1));
}

FileSection::pos_type FileSection::seekpos(pos_type position, std::ios_base::openmode) {
  if (position != pos_type(0)) return pos_type(off_type(-1));
  at_ = begin_;
  setg(nullptr, nullptr, nullptr);
  return position;
}

}  // namespace esm
