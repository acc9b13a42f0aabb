#include "sender/base/hash.h"

#include <fmt/format.h>
#include <xxhash.h>
#if defined(__x86_64__)
// The same values by the widest vectors that the processor has: 22 ns instead of 35 for a message
// of 300 bytes.
#include <xxh_x86dispatch.h>
#endif

namespace esm {

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Hash128 hash128(std::string_view bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

std::string Digest::hex() const { return fmt::format("{:016x}{:016x}", sum_.high, sum_.low); }

}  // namespace esm
