// A fixed number of plain values in one piece, for arrays that are read and written all over the
// place: with pages of 4 KiB such a program waits for address translation as much as for memory, so
// the system is asked for large pages. Where it has none, nothing changes but the speed.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>

#include <sys/mman.h>

namespace esm {

template <typename T>
class LargeArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  // `size` values as T{} makes them.
  explicit LargeArray(std::size_t size = 0) : LargeArray(size, Untouched{}) {
    if (size > 0) std::uninitialized_value_construct_n(values_.get(), size);
  }
  // `size` values that are to be written before they are read: what is never written takes
  // addresses, but no memory.
  static LargeArray untouched(std::size_t size) {
    static_assert(std::is_trivially_copyable_v<T>);
    return LargeArray(size, Untouched{});
  }

  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return values_.get()[i]; }
  const T& operator[](std::size_t i) const { return values_.get()[i]; }

 private:
  struct Untouched {};
  struct Free {
    void operator()(T* values) const { std::free(values); }
  };

  LargeArray(std::size_t size, Untouched) : size_(size) {
    constexpr std::size_t kPage = std::size_t{2} << 20;
    if (size == 0) return;
    if (size > (SIZE_MAX - kPage) / sizeof(T)) throw std::bad_alloc();
    const std::size_t bytes = size * sizeof(T);
    const bool large = bytes >= 2 * kPage;
    const std::size_t alignment = large ? kPage : std::size_t{64};
    void* const memory =
        std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
    if (memory == nullptr) throw std::bad_alloc();
    values_.reset(static_cast<T*>(memory));
    if (large) madvise(memory, bytes, MADV_HUGEPAGE);  // advice only: failure does no harm
  }

  std::unique_ptr<T, Free> values_;
  std::size_t size_;
};

}  // namespace esm
