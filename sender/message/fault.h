// Deliberate faults (scenario/fault.h), made. Those of fields are made in the template, before it
// is compiled; those of bytes in the rendered message: nothing is allocated there, and how much
// longer it gets is known before.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sender/message/template.h"
#include "sender/scenario/fault.h"

namespace esm {

// Why a message of this template cannot have the fault: "has no PRI". Empty: it can.
std::string why_unfit(const Template& message, const Fault& fault);

// Whether the fault is made in a template: with_fault() makes it, and make_fault() nothing.
bool is_of_fields(FaultKind kind);

// A template whose messages have the fault, where it is one of fields; else the same. It must be
// fit for it.
Template with_fault(const Template& message, const Fault& fault);

// A message of at most `length` bytes is at most so long with the fault.
std::size_t length_with_fault(const Fault& fault, std::size_t length);

// Makes a fault of bytes in the message from `begin` to `end`, behind which there is room for the
// rest of length_with_fault(); returns the new end. Any bytes may stand there. `padding` is what
// stands before the filler of a padded message; `bits` decide what is left open: where, or which.
char* make_fault(const Fault& fault, std::string_view padding, std::uint64_t bits, char* begin,
                 char* end);

}  // namespace esm
