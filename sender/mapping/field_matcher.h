// The field identifier: a value runs from its prefix to its delimiter, wherever in the line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sender/mapping/profile.h"
#include "sender/mapping/reading.h"

namespace esm {

// Reading allocates nothing.
class FieldMatcher {
 public:
  explicit FieldMatcher(const FieldIdentifier& identifier);

  // The first prefix in the line decides: without its delimiter behind it, or with nothing between
  // the two, there is no value. Further addresses are looked for behind the first one. Sets the
  // verdict (kMapped where user and address were found), the user and the texts of the addresses.
  void find(std::string_view line, Reading& reading) const;

 private:
  struct Field {
    std::string prefix;
    std::string delimiter;        // to the letter
    bool ends_with_line = false;  // the line's end is a delimiter too
    // The value of the first prefix at or behind `from`, and where it ends; false where there is
    // none. `value` may be empty.
    bool find(std::string_view line, std::size_t from, std::string_view& value) const;
  };

  std::string event_;
  Field username_, address_;
  std::uint32_t addresses_max_;
};

}  // namespace esm
