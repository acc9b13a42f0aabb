// Which of some messages are among the lines that a receiver stored.
#pragma once

#include <cstdint>
#include <istream>
#include <vector>

#include "sender/base/hash.h"
#include "sender/verify/received_form.h"

namespace esm {

class Arrivals {
 public:
  // A message, by the hash of what ReceivedForm::sent makes of its line.
  void want(const Hash128& hash) { wanted_.push_back({hash}); }

  // Reads the stream to its end, line by line. False where it broke off before that.
  bool read(const ReceivedForm& form, std::istream& received);

  // The number of the first line that is this message, from 1; 0: there is none. After read().
  std::uint64_t line_of(const Hash128& hash) const;

 private:
  struct Wanted {
    Hash128 hash;
    std::uint64_t line = 0;
  };
  const Wanted* find(const Hash128& hash) const;

  std::vector<Wanted> wanted_;  // sorted by read()
};

}  // namespace esm
