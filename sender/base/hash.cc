#include "sender/base/hash.h"

#include <atomic>

#include <fmt/format.h>
#include <xxhash.h>

#include "sender/base/hash_wide.h"

namespace esm {
namespace {

Hash128 hash128_anywhere(const char* bytes, std::size_t size) {
  const XXH128_hash_t hash = XXH3_128bits(bytes, size);
  return {hash.low64, hash.high64};
}

// Asked for by the first message, of whichever thread: all find the same.
Hash128 first_hash128(const char* bytes, std::size_t size);
constinit std::atomic<Hasher128> hasher{first_hash128};

Hash128 first_hash128(const char* bytes, std::size_t size) {
  const Hasher128 found = fastest_hasher();
  hasher.store(found, std::memory_order_relaxed);
  return found(bytes, size);
}

}  // namespace

Hasher128 fastest_hasher() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return hash128_avx512;
  if (__builtin_cpu_supports("avx2")) return hash128_avx2;
#endif
  return hash128_anywhere;
}

std::uint64_t hash64(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

Hash128 hash128(std::string_view bytes) {
  return hasher.load(std::memory_order_relaxed)(bytes.data(), bytes.size());
}

std::string Digest::hex() const { return fmt::format("{:016x}{:016x}", sum_.high, sum_.low); }

}  // namespace esm
