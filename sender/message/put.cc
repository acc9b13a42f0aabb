#include "sender/message/put.h"

namespace esm {

char* put_long_number(char* out, std::uint32_t number, int width) {
  constexpr std::uint32_t kEightDigits = 100'000'000;
  for (; width > 10; --width) *out++ = '0';
  if (number >= kEightDigits || width > 8) {
    out = put_number(out, number / kEightDigits, std::max(width - 8, 1));
  }
  return put_number(out, number % kEightDigits, 8);
}

}  // namespace esm
