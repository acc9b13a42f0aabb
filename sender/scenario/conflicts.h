// Which of many names and address blocks may clash, without comparing each with each.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "sender/base/address_block.h"

namespace esm {

// Positions, the later one first.
using Clash = std::pair<std::size_t, std::size_t>;

// Pairs of which one begins with the other, and every pair with one that has no beginning. Sorted.
std::vector<Clash> shared_beginnings(const std::vector<std::optional<std::string>>& beginnings);

// Pairs that have an address in common. Sorted.
std::vector<Clash> overlaps(std::span<const AddressBlock* const> blocks);

}  // namespace esm
