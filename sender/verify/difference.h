// How one line differs from another, in words; and which of many lines it most likely was. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace esm {

struct Difference {
  std::string expected, found;  // the part that differs, with a little of what is around it
  std::string what;             // "cut after 100 of 251 bytes"
};
// `expected` and `found` differ.
Difference difference(std::string_view expected, std::string_view found);

// Finds out which message a strange line was before somebody changed it. A line is taken for a
// changed message when it names the message's host, address or user and shares a quarter of its
// bytes at beginning and end, or when it is the beginning of the message.
class Nearest {
 public:
  struct Candidate {
    std::string text;
    // What tells the message from others: host, address, user.
    std::vector<std::string> names;
    bool uncertain = false;  // preferred where two are equally near: it may have been cut
  };
  explicit Nearest(std::vector<Candidate> candidates);

  // The nearest candidate that was not taken before; it is then taken.
  std::optional<std::size_t> take(std::string_view line);

  const Candidate& candidate(std::size_t index) const { return candidates_[index]; }

 private:
  std::vector<Candidate> candidates_;
  std::vector<bool> taken_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  std::vector<std::size_t> by_text_;  // sorted, for lines that are cut
};

}  // namespace esm
