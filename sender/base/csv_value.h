// A value of RFC 4180: quoted where it must be.
#pragma once

#include <string>
#include <string_view>

namespace esm {

std::string csv_value(std::string_view text);

}  // namespace esm
