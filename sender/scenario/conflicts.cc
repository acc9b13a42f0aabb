#include "sender/scenario/conflicts.h"

#include <algorithm>

namespace esm {
namespace {

Clash clash(std::size_t a, std::size_t b) { return {std::max(a, b), std::min(a, b)}; }

}  // namespace

// In the order of letters everything that begins with a text stands behind it, up to the first that
// does not. So those with which the one at hand begins are a stack.
std::vector<Clash> shared_beginnings(const std::vector<std::optional<std::string>>& beginnings) {
  std::vector<std::size_t> order;
  std::vector<Clash> out;
  for (std::size_t i = 0; i < beginnings.size(); ++i) {
    if (beginnings[i]) {
      order.push_back(i);
      continue;
    }
    for (std::size_t other = 0; other < beginnings.size(); ++other) {
      if (other < i || (other > i && beginnings[other])) out.push_back(clash(i, other));
    }
  }
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return *beginnings[a] < *beginnings[b]; });
  std::vector<std::size_t> stack;
  for (const std::size_t at : order) {
    while (!stack.empty() && !beginnings[at]->starts_with(*beginnings[stack.back()])) {
      stack.pop_back();
    }
    for (const std::size_t other : stack) out.push_back(clash(at, other));
    stack.push_back(at);
  }
  std::sort(out.begin(), out.end());
  return out;
}

// In the order of their first addresses a block overlaps those before it that have not ended.
std::vector<Clash> overlaps(std::span<const AddressBlock* const> blocks) {
  std::vector<std::size_t> order(blocks.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return blocks[a]->first() < blocks[b]->first(); });
  std::vector<Clash> out;
  std::vector<std::size_t> open;
  for (const std::size_t at : order) {
    std::erase_if(open, [&](std::size_t other) { return !blocks[at]->overlaps(*blocks[other]); });
    for (const std::size_t other : open) out.push_back(clash(at, other));
    open.push_back(at);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace esm
