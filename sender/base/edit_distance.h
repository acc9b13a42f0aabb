// "did you mean …?" for verbs, options, keys and names.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace esm {

// The candidate nearest to `word` by optimal string alignment distance (insert, delete, replace,
// swap of neighbours; ASCII case ignored), if it is near enough to be a slip: at most a third of
// the word's length, at least 1, at most 3.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// "did you mean 'heartbeat'?", or `otherwise` when nothing is near.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates,
                         std::string otherwise = {});

}  // namespace esm
