// The shipped templates of ESM's events: a layout (how a form looks) with an event (what it says)
// put in, as text. What comes out is a template like any other; nothing else knows of layouts.
// templates/README.md says how they are written. Only shipped files are layouts and events, so
// that a wrong one is a failing test and no diagnostic.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

struct NamedText {
  std::string_view name;
  std::string_view text;
};

struct LaidOut {
  std::string name;         // the layout's, then the event's: "traps-leef" + "-" + "heartbeat"
  std::string former_name;  // by which it was known before, if there is one
  std::string event_about;  // the event alone
  std::string text;
};

// Every event in every layout: by event, in the orders given.
std::vector<LaidOut> lay_out(std::span<const NamedText> layouts, std::span<const NamedText> events);

}  // namespace esm
