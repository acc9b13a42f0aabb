// For GoogleTest: EXPECT_THAT(run.compare_lines(lines), IsRight()). The library itself does not
// need GoogleTest; who includes this does.
#pragma once

#include <gmock/gmock.h>

#include "sender/testkit/result.h"

namespace esm::testkit {

// Of anything the kit answers with. A failure shows its text().
MATCHER(IsRight, negation ? "is wrong" : "is right") {
  static_cast<void>(result_listener);
  const Result& result = arg;
  return result.ok();
}

}  // namespace esm::testkit
