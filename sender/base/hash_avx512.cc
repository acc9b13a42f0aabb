// Compiled for AVX-512, see CMakeLists.txt. Nothing else may be defined here: an inline function,
// were it kept, would be taken for everybody's.
#include "sender/base/hash_wide.h"

#if defined(__x86_64__)

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace esm {

Hash128 hash128_avx512(const char* bytes, std::size_t size) {
  const XXH128_hash_t hash = XXH3_128bits(bytes, size);
  return {hash.low64, hash.high64};
}

}  // namespace esm

#endif
