// The lines that a receiver of lines finds in one datagram or counted frame: each ends with LF,
// CR LF or NUL, the last one perhaps with the bytes. Empty ones are none.
#pragma once

#include <algorithm>
#include <string_view>

namespace esm {

template <typename Sink>
void for_each_line(std::string_view bytes, const Sink& sink) {
  std::size_t lf = bytes.find('\n');
  for (std::size_t begin = 0; begin < bytes.size();) {
    if (lf != std::string_view::npos && lf < begin) lf = bytes.find('\n', begin);
    const std::string_view upto = bytes.substr(0, std::min(lf, bytes.size()));
    const std::size_t end = std::min(upto.find('\0', begin), upto.size());
    std::string_view line = bytes.substr(begin, end - begin);
    if (end == lf && line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) sink(line);
    begin = end + 1;
  }
}

}  // namespace esm
