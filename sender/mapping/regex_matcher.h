// The regex identifier: three regexes, compiled with PCRE2 (JIT where there is one, with match
// limits).
//
// Regexes match bytes, not characters (no UTF mode): a line may hold any bytes, and one that is not
// UTF-8 must not hide a user elsewhere in it. So \w is ASCII only, `müller` is `m` to a class of
// ASCII letters, and `.{5}` may end inside a character; read_profile warns of characters outside
// ASCII in a class. Besides, PCRE2 10.42's JIT misreads multi-byte characters in the mode that
// tolerates invalid UTF-8.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sender/mapping/profile.h"
#include "sender/mapping/reading.h"

namespace esm {

// Whether a text is a regex.
struct RegexVerdict {
  std::string problem;       // PCRE2's own words; empty: none
  std::size_t offset = 0;    // of the problem, in the pattern
  std::uint32_t groups = 0;  // that it has
};
RegexVerdict check_regex(std::string_view pattern);

// Copying is not possible; one per thread. Reading allocates nothing.
class RegexMatcher {
 public:
  // All three are regexes (check_regex).
  explicit RegexMatcher(const RegexIdentifier& identifier);
  ~RegexMatcher();
  RegexMatcher(RegexMatcher&&) noexcept;

  // The event is tried first, then the user, then the address; the first match anywhere in the line
  // wins. A first group that matched nothing counts as no match. Sets the verdict (kMapped where
  // all three were found), the user and the text of the address.
  void find(std::string_view line, Reading& reading) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace esm
