// The formats' own rules, read from their standards and guides and not from the renderer: what is
// wrong with a line that a template is said to have made. For property tests and fuzzing.
#pragma once

#include <string>
#include <string_view>

#include "sender/message/template.h"

namespace esm::test {

// Empty: it is one message, with the template's head, and every value is in its field.
std::string what_is_wrong(const Template& message, std::string_view line);

}  // namespace esm::test
