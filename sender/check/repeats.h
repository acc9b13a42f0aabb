// Which of many users look the same, in eight bytes for each and without keeping their names.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace esm {

class Repeats {
 public:
  explicit Repeats(std::size_t users) : hashes_(users, 0) {}

  // `user` (an index below `users`) looks like this. Once for each.
  void add(std::uint32_t user, std::string_view name);

  // Everybody whose name another one may have, in ascending order: nobody who shares a name is
  // missing, and hardly anybody else is among them (two names with one hash of 64 bits).
  std::vector<std::uint32_t> candidates() const;

 private:
  std::vector<std::uint64_t> hashes_;  // by user; 0: was not added
};

}  // namespace esm
