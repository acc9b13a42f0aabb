// Which columns of a CSV template stand in quotes, whatever their values are.
#pragma once

#include "sender/message/template.h"

namespace esm {

// One that has a comma or a quote of its own, and one put together of several pieces of which any
// could have them. A column of one placeholder is quoted value by value.
bool is_always_quoted(const Pattern& column);

}  // namespace esm
